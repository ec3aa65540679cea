ardour {
  ["type"]    = "dsp",
  name        = "mixbridge Gate",
  category    = "Dynamics",
  license     = "GPLv3",
  author      = "mixbridge",
  description = [[Downward expander with range and hold, its channels linked, as mixbridge's console has it]]
}

function dsp_ioconfig ()
  return { { audio_in = -1, audio_out = -1 } }
end

function dsp_params ()
  return {
    { ["type"] = "input", name = "Threshold", min = -90, max = 0, default = -60, unit = "dB" },
    { ["type"] = "input", name = "Range", min = -90, max = 0, default = -20, unit = "dB" },
    { ["type"] = "input", name = "Ratio", min = 1, max = 20, default = 4, logarithmic = true },
    { ["type"] = "input", name = "Attack", min = 0.05, max = 250, default = 1, unit = "ms", logarithmic = true },
    { ["type"] = "input", name = "Hold", min = 0, max = 1000, default = 20, unit = "ms" },
    { ["type"] = "input", name = "Release", min = 1, max = 4000, default = 120, unit = "ms", logarithmic = true },
  }
end

local sample_rate = 48000
local gain_db, hold_left = 0, 0

function dsp_init (rate)
  sample_rate = rate
end

function dsp_configure (ins, outs)
  gain_db, hold_left = 0, 0
end

-- 63 % of a step after so many ms
local function coefficient (time_ms)
  return math.exp (-1000 / (sample_rate * time_ms))
end

function dsp_run (ins, outs, n)
  local knobs = CtrlPorts:array ()
  local threshold, floor, slope = knobs[1], knobs[2], knobs[3] - 1
  local attack, release = coefficient (knobs[4]), coefficient (knobs[6])
  local hold = math.floor (knobs[5] * sample_rate / 1000 + 0.5)
  local open = 10 ^ (threshold / 20)
  local channels = {}
  for c = 1, #outs do
    if not ins[c]:sameinstance (outs[c]) then
      ARDOUR.DSP.copy_vector (outs[c], ins[c], n)
    end
    channels[c] = outs[c]:array ()
  end
  local first, last = channels[1], channels[#channels]
  local stereo = #channels > 1
  local abs, log, exp = math.abs, math.log, math.exp
  local to_db, to_log = 20 / math.log (10), math.log (10) / 20
  local g, left = gain_db, hold_left
  for i = 1, n do
    local peak = abs (first[i])
    if stereo then
      local other = abs (last[i])
      if other > peak then peak = other end
    end
    local target = 0
    if peak < open then
      target = peak > 0 and slope * (to_db * log (peak) - threshold) or floor
      if target < floor then target = floor end
    end
    if target >= g then
      g = g == 0 and 0 or attack * g + (1 - attack) * target
    elseif left <= 0 then
      g = release * g + (1 - release) * target
    end
    if target >= 0 then
      left = hold
      if g > -1e-12 then g = 0 end
    elseif left > 0 then
      left = left - 1
    end
    if g < 0 then
      local gain = exp (to_log * g)
      first[i] = first[i] * gain
      if stereo then last[i] = last[i] * gain end
    end
  end
  gain_db, hold_left = g, left
end
