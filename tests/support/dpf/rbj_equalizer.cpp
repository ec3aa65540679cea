// An equalizer that hides nothing: a low shelf, two bells and a high shelf after the RBJ cookbook, each with its
// frequency in Hz, its gain in dB and its Q.
#include "section.hpp"

START_NAMESPACE_DISTRHO

#define BAND(n) \
    {"Freq " n, "f" n, "Hz", 20.0f, 20000.0f, 1000.0f, true}, {"Gain " n, "g" n, "dB", -18.0f, 18.0f, 0.0f, false}, \
    {"Q " n, "q" n, "", 0.1f, 18.0f, 0.71f, true}
static const Knob KNOBS[] = {BAND("1"), BAND("2"), BAND("3"), BAND("4")};

class RbjEqualizer : public Frame {
public:
    RbjEqualizer() : Frame(KNOBS, 12) {}

protected:
    void activate() override {
        for (Section& section : sections_) section = Section();
    }
    void design(uint32_t band) {
        const double w = 2.0 * M_PI * std::min(double(values_[3 * band]), 0.499 * getSampleRate()) / getSampleRate();
        const double A = std::pow(10.0, values_[3 * band + 1] / 40.0);
        const double alpha = std::sin(w) / (2.0 * values_[3 * band + 2]);
        if (band == 1 || band == 2) {
            sections_[band].set(1 + alpha * A, -2 * std::cos(w), 1 - alpha * A, 1 + alpha / A, -2 * std::cos(w), 1 - alpha / A);
            return;
        }
        // The high shelf is the low one mirrored about a quarter of the sample rate.
        const double c = band == 0 ? std::cos(w) : -std::cos(w), side = band == 0 ? 1.0 : -1.0;
        const double r = 2.0 * std::sqrt(A) * alpha;
        sections_[band].set(A * (A + 1 - (A - 1) * c + r), side * 2 * A * (A - 1 - (A + 1) * c), A * (A + 1 - (A - 1) * c - r),
                            A + 1 + (A - 1) * c + r, -side * 2 * (A - 1 + (A + 1) * c), A + 1 + (A - 1) * c - r);
    }
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        for (uint32_t band = 0; band < 4; ++band) design(band);
        for (uint32_t c = 0; c < CHANNELS; ++c)
            for (uint32_t n = 0; n < frames; ++n) {
                double x = inputs[c][n];
                for (Section& section : sections_) x = section.run(c, x);
                outputs[c][n] = float(x);
            }
    }
    Section sections_[4];
};

Plugin* createPlugin() { return new RbjEqualizer(); }

END_NAMESPACE_DISTRHO
