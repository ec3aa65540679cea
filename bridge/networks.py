"""Runs networks by ONNX Runtime: on CUDA or CoreML where it has them, else on the processor."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError
from presets.weights import Weights

Float32 = NDArray[np.float32]

#: Where a network may run, the fastest first.
PROVIDERS = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "CPUExecutionProvider")
#: What keeps a provider from calculating more coarsely than float32.
_EXACT = {"CUDAExecutionProvider": {"use_tf32": "0"}}

#: Of ONNX Runtime's log levels the one above errors.
_FATAL = 4


class OnnxNetwork:
    """A network of arrays in and arrays out, by the names of the model's inputs and outputs.

    On the processor it runs on one thread, so that the same input gives the same bits wherever it runs beside.
    """

    def __init__(self, weights: Weights, *, providers: Sequence[str] = PROVIDERS) -> None:
        """Read a model.

        Args:
            weights: what to run.
            providers: of ONNX Runtime; those that are there are taken, else the processor.

        Raises:
            ParamError: ONNX Runtime is not installed, or the model cannot be read.
        """
        self._open(weights.name, weights.data, providers)

    @classmethod
    def of_bytes(cls, name: str, data: bytes, *, providers: Sequence[str] = PROVIDERS) -> Self:
        """The same for a model that has no card yet."""
        network = cls.__new__(cls)
        network._open(name, data, providers)
        return network

    def _open(self, name: str, data: bytes, providers: Sequence[str]) -> None:
        self._name, self._session = name, _session(name, data, providers)
        self._outputs = [item.name for item in self._session.get_outputs()]
        self._sizes = {item.name: tuple(item.shape) for item in self._session.get_inputs()}

    @property
    def provider(self) -> str:
        """Where it runs."""
        return str(self._session.get_providers()[0])

    @property
    def inputs(self) -> Mapping[str, tuple[int | str, ...]]:
        """The shapes of the inputs; a text stands for any size."""
        return self._sizes

    @property
    def candidates(self) -> int:
        """How many answers it knows; 1 where nobody can choose."""
        size = self._sizes.get("candidate", (1,))[-1]
        return size if isinstance(size, int) else 1

    def __call__(self, inputs: Mapping[str, Float32]) -> Mapping[str, Float32]:
        """One pass.

        Raises:
            ParamError: the model does not take such inputs.
        """
        try:
            found = self._session.run(self._outputs, dict(inputs))
        except Exception as error:  # what ONNX Runtime raises has no base of its own
            raise ParamError(
                f"the weights {self._name!r} do not take what they are given ({_line(error)}); take weights "
                "of this version"
            ) from error
        return dict(zip(self._outputs, found, strict=True))


def _session(label: str, data: bytes, providers: Sequence[str]) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise ParamError(
            "the package 'onnxruntime' is not installed, which networks run by; run `pip install onnxruntime`, or take "
            "an estimator that needs none: rules, match"
        ) from None
    there = onnxruntime.get_available_providers()
    wanted = [name for name in providers if name in there] or [PROVIDERS[-1]]
    settings = [_EXACT.get(name, {}) for name in wanted]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    # The package for GPUs tells at length of every library of CUDA that is not there; where it runs, `provider` tells.
    onnxruntime.set_default_logger_severity(_FATAL)
    try:
        return onnxruntime.InferenceSession(data, options, providers=wanted, provider_options=settings)
    except Exception as error:  # as above
        raise ParamError(
            f"the weights {label!r} are no ONNX model that can be run ({_line(error)}); export them again, or "
            "install mixbridge again"
        ) from error


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
