ardour {
  ["type"]    = "dsp",
  name        = "mixbridge Filters",
  category    = "Filter",
  license     = "GPLv3",
  author      = "mixbridge",
  description = [[High-pass and low-pass (Butterworth, 12 or 24 dB per octave) and stereo width, as mixbridge's console has them]]
}

function dsp_ioconfig ()
  return { { audio_in = -1, audio_out = -1 } }
end

function dsp_params ()
  local slopes = { ["12 dB/octave"] = 12, ["24 dB/octave"] = 24 }
  return {
    { ["type"] = "input", name = "High-pass", min = 0, max = 1, default = 0, toggled = true },
    { ["type"] = "input", name = "High-pass Frequency", min = 10, max = 8000, default = 80, unit = "Hz", logarithmic = true },
    { ["type"] = "input", name = "High-pass Slope", min = 12, max = 24, default = 12, enum = true, scalepoints = slopes },
    { ["type"] = "input", name = "Low-pass", min = 0, max = 1, default = 0, toggled = true },
    { ["type"] = "input", name = "Low-pass Frequency", min = 100, max = 22000, default = 18000, unit = "Hz", logarithmic = true },
    { ["type"] = "input", name = "Low-pass Slope", min = 12, max = 24, default = 12, enum = true, scalepoints = slopes },
    { ["type"] = "input", name = "Width", min = 0, max = 2, default = 1 },
  }
end

local sample_rate = 48000
local cuts = {}

-- q of each section of a Butterworth filter
local qs = {
  [12] = { math.sqrt (0.5) },
  [24] = { 0.5 / math.cos (math.pi / 8), 0.5 / math.cos (3 * math.pi / 8) },
}

function dsp_init (rate)
  sample_rate = rate
end

local function new_cut (kind, channels)
  local cut = { kind = kind }
  for c = 1, channels do
    cut[c] = { ARDOUR.DSP.Biquad (sample_rate), ARDOUR.DSP.Biquad (sample_rate) }
  end
  return cut
end

function dsp_configure (ins, outs)
  cuts = {
    new_cut (ARDOUR.DSP.BiquadType.HighPass, ins:n_audio ()),
    new_cut (ARDOUR.DSP.BiquadType.LowPass, ins:n_audio ()),
  }
end

local function design (cut, frequency, slope)
  if cut.frequency == frequency and cut.slope == slope then return end
  for _, sections in ipairs (cut) do
    for i, q in ipairs (qs[slope]) do
      sections[i]:compute (cut.kind, math.min (frequency, 0.49 * sample_rate), q, 0)
    end
  end
  cut.frequency, cut.slope = frequency, slope
end

function dsp_run (ins, outs, n)
  local knobs = CtrlPorts:array ()
  for c = 1, #outs do
    if not ins[c]:sameinstance (outs[c]) then
      ARDOUR.DSP.copy_vector (outs[c], ins[c], n)
    end
  end
  for k, cut in ipairs (cuts) do
    if knobs[3 * k - 2] > 0 then
      local slope = knobs[3 * k] < 18 and 12 or 24
      design (cut, knobs[3 * k - 1], slope)
      for c = 1, #outs do
        for i = 1, #qs[slope] do
          cut[c][i]:run (outs[c], n)
        end
      end
    end
  end
  if #outs == 2 and knobs[7] ~= 1 then
    local same, other = (1 + knobs[7]) / 2, (1 - knobs[7]) / 2
    local left, right = outs[1]:array (), outs[2]:array ()
    for i = 1, n do
      local l, r = left[i], right[i]
      left[i], right[i] = same * l + other * r, other * l + same * r
    end
  end
end
