-- @description mixbridge: apply a mix.json to the open project, or write the project's settings as one
-- Part of mixbridge; GPL-3.0-or-later. For REAPER 6.74 or newer, without extensions (docs/jsfx.md).
--
-- Applying is one undo step. It asks first, listing what will change; an error on the way takes everything back.

local SCHEMA = "mixbridge.mix/1"
local STATE = "MIXBRIDGE"          -- section of the project's extended state that the exporter fills
local BASE = "MIXBRIDGE_MIX"       -- section that keeps the mix applied last: roles, reasons, reverbs …
local STRIP_NAMES = {
  "JS:mixbridge/mixbridge_strip.jsfx", "JS: mixbridge channel strip", "mixbridge/mixbridge_strip.jsfx",
}
local HOW_TO_INSTALL = "The JSFX strip is not installed: copy mixbridge_strip.jsfx into the folder Effects/mixbridge of "
  .. "REAPER's resource path, or install mixbridge by ReaPack, and run this again."

-- The strip's sliders: variable, label, lowest, highest, default. Made from the table of parameters.
-- sliders: begin
local SLIDERS = {
  {"input_gain_db", "Input gain (dB)", -48.0, 48.0, 0.0},
  {"invert_polarity", "Polarity", 0.0, 1.0, 0.0},
  {"highpass_on", "High-pass", 0.0, 1.0, 0.0},
  {"highpass_frequency_hz", "High-pass: frequency (Hz)", 10.0, 8000.0, 80.0},
  {"highpass_slope", "High-pass: slope", 0.0, 1.0, 0.0},
  {"lowpass_on", "Low-pass", 0.0, 1.0, 0.0},
  {"lowpass_frequency_hz", "Low-pass: frequency (Hz)", 100.0, 22000.0, 18000.0},
  {"lowpass_slope", "Low-pass: slope", 0.0, 1.0, 0.0},
  {"gate_on", "Gate", 0.0, 1.0, 0.0},
  {"gate_threshold_db", "Gate: threshold (dB)", -90.0, 0.0, -60.0},
  {"gate_range_db", "Gate: range (dB)", -90.0, 0.0, -20.0},
  {"gate_ratio", "Gate: ratio", 1.0, 20.0, 4.0},
  {"gate_attack_ms", "Gate: attack (ms)", 0.05, 250.0, 1.0},
  {"gate_hold_ms", "Gate: hold (ms)", 0.0, 1000.0, 20.0},
  {"gate_release_ms", "Gate: release (ms)", 1.0, 4000.0, 120.0},
  {"equalizer_on", "Equalizer", 0.0, 1.0, 0.0},
  {"band1_on", "Band 1", 0.0, 1.0, 0.0},
  {"band1_type", "Band 1: type", 0.0, 2.0, 0.0},
  {"band1_frequency_hz", "Band 1: frequency (Hz)", 20.0, 20000.0, 100.0},
  {"band1_gain_db", "Band 1: gain (dB)", -18.0, 18.0, 0.0},
  {"band1_q", "Band 1: Q", 0.1, 18.0, 0.71},
  {"band2_on", "Band 2", 0.0, 1.0, 0.0},
  {"band2_type", "Band 2: type", 0.0, 2.0, 1.0},
  {"band2_frequency_hz", "Band 2: frequency (Hz)", 20.0, 20000.0, 250.0},
  {"band2_gain_db", "Band 2: gain (dB)", -18.0, 18.0, 0.0},
  {"band2_q", "Band 2: Q", 0.1, 18.0, 0.71},
  {"band3_on", "Band 3", 0.0, 1.0, 0.0},
  {"band3_type", "Band 3: type", 0.0, 2.0, 1.0},
  {"band3_frequency_hz", "Band 3: frequency (Hz)", 20.0, 20000.0, 800.0},
  {"band3_gain_db", "Band 3: gain (dB)", -18.0, 18.0, 0.0},
  {"band3_q", "Band 3: Q", 0.1, 18.0, 0.71},
  {"band4_on", "Band 4", 0.0, 1.0, 0.0},
  {"band4_type", "Band 4: type", 0.0, 2.0, 1.0},
  {"band4_frequency_hz", "Band 4: frequency (Hz)", 20.0, 20000.0, 2500.0},
  {"band4_gain_db", "Band 4: gain (dB)", -18.0, 18.0, 0.0},
  {"band4_q", "Band 4: Q", 0.1, 18.0, 0.71},
  {"band5_on", "Band 5", 0.0, 1.0, 0.0},
  {"band5_type", "Band 5: type", 0.0, 2.0, 1.0},
  {"band5_frequency_hz", "Band 5: frequency (Hz)", 20.0, 20000.0, 5000.0},
  {"band5_gain_db", "Band 5: gain (dB)", -18.0, 18.0, 0.0},
  {"band5_q", "Band 5: Q", 0.1, 18.0, 0.71},
  {"band6_on", "Band 6", 0.0, 1.0, 0.0},
  {"band6_type", "Band 6: type", 0.0, 2.0, 2.0},
  {"band6_frequency_hz", "Band 6: frequency (Hz)", 20.0, 20000.0, 10000.0},
  {"band6_gain_db", "Band 6: gain (dB)", -18.0, 18.0, 0.0},
  {"band6_q", "Band 6: Q", 0.1, 18.0, 0.71},
  {"compressor_on", "Compressor", 0.0, 1.0, 0.0},
  {"compressor_threshold_db", "Compressor: threshold (dB)", -80.0, 0.0, -20.0},
  {"compressor_ratio", "Compressor: ratio", 1.0, 20.0, 2.0},
  {"compressor_attack_ms", "Compressor: attack (ms)", 0.05, 250.0, 10.0},
  {"compressor_release_ms", "Compressor: release (ms)", 1.0, 4000.0, 120.0},
  {"compressor_knee_db", "Compressor: knee (dB)", 0.0, 24.0, 6.0},
  {"compressor_makeup_db", "Compressor: make-up (dB)", -12.0, 24.0, 0.0},
  {"width", "Width", 0.0, 2.0, 1.0},
}
-- sliders: end

local SLOPES = {12, 24}
local BAND_TYPES = {"low_shelf", "bell", "high_shelf"}
local BANDS = 6
local KNOBS = {
  gate = {"threshold_db", "range_db", "ratio", "attack_ms", "hold_ms", "release_ms"},
  compressor = {"threshold_db", "ratio", "attack_ms", "release_ms", "knee_db", "makeup_db"},
}
local FADER_DB = {-90.0, 12.0}
local SEND_DB = {-90.0, 12.0}
local DELAY_MS = {-100.0, 100.0}
local STEP_DB = 0.5                -- most that the level moves between two points of an envelope
local ON_LINE_DB = 1e-5
local LEVEL_SHARE = 1e-12         -- levels, pans and sliders nearer than such a share are equal
local SLIDER_SHARE = 1e-9
local TAKEN_SHARE = 1e-6           -- and so near must a slider be to what it was set to
local POWER_LAW = math.sqrt(0.5)
local PROJECT_LAW = -1.0
local BALANCE = 3                  -- "stereo balance / mono pan"
local POST_FADER = 0
local SHOW_VOLUME_ENVELOPE = 40406

local function fail(text, ...)
  error({message = string.format(text, ...)}, 0)
end

-- JSON ----------------------------------------------------------------------------------------------------------

local Array = {}
local Null = setmetatable({}, {__name = "null"})
local Digits = {}                  -- an integer of more than 64 bits, kept as its text

local function array(items)
  return setmetatable(items or {}, Array)
end

local function is_array(value)
  return type(value) == "table" and getmetatable(value) == Array
end

local function is_object(value)
  return type(value) == "table" and value ~= Null and not is_array(value) and getmetatable(value) ~= Digits
end

local ESCAPES = {['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t"}
local DEEPEST = 64

local function decode_json(text)
  local at = 1

  local function wrong(what)
    local _, line = text:sub(1, at):gsub("\n", "")
    fail("This is no JSON: line %d, %s.", line + 1, what)
  end

  local function skip()
    at = text:find("[^ \t\r\n]", at) or #text + 1
  end

  local function unicode()
    local digits = text:match("^%x%x%x%x", at)
    if not digits then wrong("a \\u has no four digits") end
    at = at + 4
    return tonumber(digits, 16)
  end

  local function read_string()
    local parts = {}
    at = at + 1
    while true do
      local stop = text:find('["\\\0-\31]', at)
      if not stop then wrong("a text has no end") end
      parts[#parts + 1] = text:sub(at, stop - 1)
      local sign = text:sub(stop, stop)
      at = stop + 1
      if sign == '"' then return table.concat(parts) end
      if sign ~= "\\" then wrong("a text holds a control character") end
      local kind = text:sub(at, at)
      at = at + 1
      if kind == "u" then
        local code = unicode()
        if code >= 0xD800 and code < 0xDC00 and text:match("^\\u[dD][c-fC-F]%x%x", at) then
          at = at + 2
          code = 0x10000 + ((code - 0xD800) << 10) + unicode() - 0xDC00
        end
        parts[#parts + 1] = utf8.char(code)
      elseif ESCAPES[kind] then
        parts[#parts + 1] = ESCAPES[kind]
      else
        wrong("a text holds an unknown \\ sign")
      end
    end
  end

  local read_value

  local function read_list(depth, stop, read_item)
    at = at + 1
    skip()
    if text:sub(at, at) == stop then
      at = at + 1
      return
    end
    while true do
      read_item(depth)
      skip()
      local sign = text:sub(at, at)
      at = at + 1
      if sign == stop then return end
      if sign ~= "," then wrong("a comma or " .. stop .. " is missing") end
      skip()
    end
  end

  function read_value(depth)
    skip()
    if depth > DEEPEST then wrong("it is nested too deeply") end
    local sign = text:sub(at, at)
    if sign == "{" then
      local object = {}
      read_list(depth, "}", function()
        if text:sub(at, at) ~= '"' then wrong("a key is missing") end
        local key = read_string()
        skip()
        if text:sub(at, at) ~= ":" then wrong("a colon is missing") end
        at = at + 1
        if object[key] ~= nil then wrong("the key " .. key .. " stands twice") end
        object[key] = read_value(depth + 1)
      end)
      return object
    elseif sign == "[" then
      local list = array()
      read_list(depth, "]", function() list[#list + 1] = read_value(depth + 1) end)
      return list
    elseif sign == '"' then
      return read_string()
    end
    for word, value in pairs({["true"] = true, ["false"] = false, null = Null}) do
      if text:sub(at, at + #word - 1) == word then
        at = at + #word
        return value
      end
    end
    local digits = text:match("^-?%d+%.?%d*[eE]?[-+]?%d*", at)
    local value = digits and tonumber(digits)
    if not value then wrong("a value is missing") end
    at = at + #digits
    if math.type(value) == "float" and digits:find("^-?%d+$") then return setmetatable({text = digits}, Digits) end
    return value
  end

  local value = read_value(0)
  skip()
  if at <= #text then wrong("something follows the end") end
  return value
end

local function number_text(value)
  if math.type(value) == "integer" then return string.format("%d", value) end
  if value ~= value or value == math.huge or value == -math.huge then fail("%s is no number for a mix.", value) end
  for digits = 15, 17 do
    local text = string.format("%." .. digits .. "g", value)
    if tonumber(text) == value then
      return text:find("[.eE]") and text or text .. ".0"
    end
  end
end

local function string_text(value)
  local text = value:gsub('[%c"\\]', function(sign)
    if sign == '"' or sign == "\\" then return "\\" .. sign end
    return string.format("\\u%04x", sign:byte())
  end)
  -- Half a character, as a file name that is no UTF-8 may hold: no UTF-8 file can hold it as it is.
  text = text:gsub("\xED[\xA0-\xBF][\x80-\xBF]", function(half)
    local _, second, third = half:byte(1, 3)
    return string.format("\\u%04x", 0xD000 + ((second & 0x3F) << 6) + (third & 0x3F))
  end)
  return '"' .. text .. '"'
end

local function encode_json(value, indent)
  local inner = (indent or "") .. " "
  local kind = type(value)
  if value == Null then
    return "null"
  elseif getmetatable(value) == Digits then
    return value.text
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind == "number" then
    return number_text(value)
  elseif kind == "string" then
    return string_text(value)
  end
  local rows = {}
  if is_array(value) then
    for _, item in ipairs(value) do rows[#rows + 1] = inner .. encode_json(item, inner) end
    if #rows == 0 then return "[]" end
    return "[\n" .. table.concat(rows, ",\n") .. "\n" .. (indent or "") .. "]"
  end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    rows[#rows + 1] = inner .. string_text(key) .. ": " .. encode_json(value[key], inner)
  end
  if #rows == 0 then return "{}" end
  return "{\n" .. table.concat(rows, ",\n") .. "\n" .. (indent or "") .. "}"
end

-- Values ----------------------------------------------------------------------------------------------------------

local function gain_of(level_db)
  return 10.0 ^ (level_db / 20.0)
end

local function level_of(gain)
  return gain > 0.0 and 20.0 * math.log(gain, 10) or -math.huge
end

local function clamp(value, range)
  return math.min(math.max(value, range[1]), range[2])
end

-- Nine decimals, and never -0: what arithmetic in 64 bits can vouch for.
local function neat(value)
  return tonumber(string.format("%.9f", value)) + 0.0
end

local function differs(a, b, share)
  return math.abs(a - b) > share * math.max(1.0, math.abs(a), math.abs(b))
end

-- A number of the mix inside its range; a key that is missing has its default.
local function number(object, key, default, range, where)
  local value = object[key]
  if value == nil then return default end
  if type(value) ~= "number" or value ~= value or value < range[1] or value > range[2] then
    fail("%s.%s is %s; give a value from %g to %g.", where, key, tostring(value), range[1], range[2])
  end
  return value + 0.0
end

local function flag(object, key, where)
  local value = object[key]
  if value == nil then return false end
  if type(value) ~= "boolean" then fail("%s.%s is %s; give true or false.", where, key, tostring(value)) end
  return value
end

local function part(object, key, where)
  local value = object[key]
  if value == nil then return {} end
  if not is_object(value) then fail("%s.%s is no object of a mix.", where, key) end
  return value
end

local function list(object, key, where)
  local value = object[key]
  if value == nil then return array() end
  if not is_array(value) then fail("%s.%s is no list of a mix.", where, key) end
  return value
end

local function index_of(items, wanted)
  for index, item in ipairs(items) do
    if item == wanted then return index end
  end
end

local RANGES, DEFAULTS = {}, {}
for _, slider in ipairs(SLIDERS) do
  RANGES[slider[1]] = {slider[3], slider[4]}
  DEFAULTS[slider[1]] = slider[5]
end

-- The strip: a part of a mix as slider values, and back -------------------------------------------------------------

local function slider_values(strip, where)
  local values = {}
  for name, default in pairs(DEFAULTS) do values[name] = default end

  local function take(object, key, name, place)
    values[name] = number(object, key, DEFAULTS[name], RANGES[name], place)
  end

  local trim = part(strip, "input", where)
  take(trim, "gain_db", "input_gain_db", where .. ".input")
  for _, name in ipairs({"highpass", "lowpass"}) do
    local place = where .. "." .. name
    local cut = part(strip, name, where)
    values[name .. "_on"] = flag(cut, "enabled", place) and 1.0 or 0.0
    take(cut, "frequency_hz", name .. "_frequency_hz", place)
    local slope = index_of(SLOPES, cut.slope_db_per_octave or SLOPES[1])
    if not slope then fail("%s.slope_db_per_octave is %s; give 12 or 24.", place, tostring(cut.slope_db_per_octave)) end
    values[name .. "_slope"] = slope - 1.0
  end
  for _, name in ipairs({"gate", "compressor"}) do
    local module = part(strip, name, where)
    values[name .. "_on"] = flag(module, "enabled", where .. "." .. name) and 1.0 or 0.0
    for _, knob in ipairs(KNOBS[name]) do take(module, knob, name .. "_" .. knob, where .. "." .. name) end
  end
  local place = where .. ".equalizer"
  local equalizer = part(strip, "equalizer", where)
  values.equalizer_on = flag(equalizer, "enabled", place) and 1.0 or 0.0
  local bands = list(equalizer, "bands", place)
  if #bands > BANDS then fail("%s has %d bands; give at most %d.", place, #bands, BANDS) end
  for index, band in ipairs(bands) do
    local spot = string.format("%s.bands.%d", place, index - 1)
    if not is_object(band) then fail("%s is no band.", spot) end
    local shape = index_of(BAND_TYPES, band.type or "bell")
    if not shape then fail("%s.type is %s; give %s.", spot, tostring(band.type), table.concat(BAND_TYPES, ", ")) end
    local name = "band" .. index
    values[name .. "_on"] = 1.0
    values[name .. "_type"] = shape - 1.0
    values[name .. "_frequency_hz"] = number(band, "frequency_hz", 1000.0, RANGES[name .. "_frequency_hz"], spot)
    take(band, "gain_db", name .. "_gain_db", spot)
    take(band, "q", name .. "_q", spot)
  end
  take(strip, "width", "width", where)
  return values
end

local function chosen(values, name)
  return math.floor(values[name] + 0.5)
end

local function cut_from(values, name)
  return {
    enabled = chosen(values, name .. "_on") == 1,
    frequency_hz = values[name .. "_frequency_hz"],
    slope_db_per_octave = SLOPES[chosen(values, name .. "_slope") + 1],
  }
end

local function dynamics_from(values, name)
  local module = {enabled = chosen(values, name .. "_on") == 1}
  for _, knob in ipairs(KNOBS[name]) do module[knob] = values[name .. "_" .. knob] end
  return module
end

local function equalizer_from(values)
  local bands = array()
  for index = 1, BANDS do
    local name = "band" .. index
    if chosen(values, name .. "_on") == 1 then
      bands[#bands + 1] = {
        type = BAND_TYPES[chosen(values, name .. "_type") + 1],
        frequency_hz = values[name .. "_frequency_hz"],
        gain_db = values[name .. "_gain_db"],
        q = values[name .. "_q"],
      }
    end
  end
  return {enabled = chosen(values, "equalizer_on") == 1, bands = bands}
end

local function stands_at_defaults(values)
  for name, default in pairs(DEFAULTS) do
    if values[name] ~= default then return false end
  end
  return true
end

-- Pan: REAPER's setting for the console's law, as the exporter writes it (exporters/reaper/panlaw.py) ---------------

local function pan_to_reaper(pan, channels)
  if channels == 1 then return pan, 1.0, POWER_LAW end
  if pan == 0.0 then return 0.0, 1.0, PROJECT_LAW end
  local size = math.abs(pan)
  local far = size < 1.0 and math.sqrt(2.0) * math.cos((size + 1.0) * math.pi / 4.0) or 0.0
  local angle = math.atan(1.0, far)
  local reaper_pan = 4.0 * angle / math.pi - 1.0
  if reaper_pan <= LEVEL_SHARE then return 0.0, 1.0, PROJECT_LAW end
  return pan < 0.0 and -reaper_pan or reaper_pan, 1.0 / math.sin(angle), POWER_LAW
end

local function pan_from_reaper(pan, channels)
  if channels == 1 or pan == 0.0 then return pan, 1.0 end
  local size = math.abs(pan)
  local angle = (size + 1.0) * math.pi / 4.0
  local far = size < 1.0 and 1.0 / math.tan(angle) or 0.0
  local console_pan = 4.0 * math.acos(far / math.sqrt(2.0)) / math.pi - 1.0
  return pan < 0.0 and -console_pan or console_pan, 1.0 / math.sin(angle)
end

-- Fader moves -------------------------------------------------------------------------------------------------------

local function moves_of(strip, where)
  local points = list(part(strip, "automation", where), "fader_db", where .. ".automation")
  local moves = {}
  for index, point in ipairs(points) do
    local time_s, level_db = is_array(point) and point[1], is_array(point) and point[2]
    local before = moves[#moves]
    if type(time_s) ~= "number" or type(level_db) ~= "number" or time_s < 0 or (before and time_s <= before[1])
        or level_db < FADER_DB[1] or level_db > FADER_DB[2] then
      fail("%s.automation.fader_db.%d is no break point; give [seconds, dB] in rising order.", where, index - 1)
    end
    moves[#moves + 1] = {time_s + 0.0, level_db + 0.0}
  end
  return moves
end

-- REAPER joins points in amplitude or in its fader's scale, the console in dB: so many that it makes no difference.
local function dense(moves)
  local points = {}
  for index = 1, #moves - 1 do
    local from, to = moves[index], moves[index + 1]
    local steps = math.max(1, math.ceil(math.abs(to[2] - from[2]) / STEP_DB))
    for step = 0, steps - 1 do
      local share = step / steps
      points[#points + 1] = {from[1] + share * (to[1] - from[1]), from[2] + share * (to[2] - from[2])}
    end
  end
  points[#points + 1] = moves[#moves]
  return points
end

local function thin(points)
  local kept = {}
  for index, point in ipairs(points) do
    local before, after = kept[#kept], points[index + 1]
    local needed = not before or not after
    if not needed then
      local share = (point[1] - before[1]) / (after[1] - before[1])
      needed = math.abs(before[2] + share * (after[2] - before[2]) - point[2]) >= ON_LINE_DB
    end
    if needed then kept[#kept + 1] = point end
  end
  return kept
end

-- The project -------------------------------------------------------------------------------------------------------

local function track_name(track)
  local _, name = reaper.GetSetMediaTrackInfo_String(track, "P_NAME", "", false)
  return name
end

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local PIECE = 4000
local BASE64 = {}
for index = 1, #ALPHABET do BASE64[ALPHABET:byte(index)] = index - 1 end

local function decode_base64(text)
  local bits, count, out = 0, 0, {}
  for index = 1, #text do
    local value = BASE64[text:byte(index)]
    if value then
      bits, count = ((bits << 6) | value) & 0xFFFFFF, count + 6
      if count >= 8 then
        count = count - 8
        out[#out + 1] = string.char((bits >> count) & 0xFF)
      end
    end
  end
  return table.concat(out)
end

local function encode_base64(text)
  local out, bits, count = {}, 0, 0
  local function put(value)
    out[#out + 1] = ALPHABET:sub(value + 1, value + 1)
  end
  for index = 1, #text do
    bits, count = ((bits << 8) | text:byte(index)) & 0xFFFFFF, count + 8
    while count >= 6 do
      count = count - 6
      put((bits >> count) & 0x3F)
    end
  end
  if count > 0 then put((bits << (6 - count)) & 0x3F) end
  return table.concat(out)
end

-- The mix that was applied last, kept in the project in pieces that any line of its file can hold.
local function keep_base(text)
  local coded = encode_base64(text)
  local pieces = math.ceil(#coded / PIECE)
  for index = 1, pieces do
    reaper.SetProjExtState(0, BASE, "part" .. index, coded:sub((index - 1) * PIECE + 1, index * PIECE))
  end
  reaper.SetProjExtState(0, BASE, "parts", tostring(pieces))
end

local function kept_base()
  local _, count = reaper.GetProjExtState(0, BASE, "parts")
  local pieces = {}
  for index = 1, tonumber(count) or 0 do
    local _, piece = reaper.GetProjExtState(0, BASE, "part" .. index)
    pieces[#pieces + 1] = piece
  end
  return decode_base64(table.concat(pieces))
end

-- What the exporter noted of a track: its kind, channels, start in samples and id; nil for any other track.
local function note_of(track)
  local guid = reaper.GetTrackGUID(track):gsub("[{}]", "")
  local found, text = reaper.GetProjExtState(0, STATE, guid)
  if found == 0 or not text then return nil end
  local kind, channels, start, id = text:match("^(%a+):(%d+):(-?%d+):([%w_=-]*)$")
  if not kind then return nil end
  return {kind = kind, channels = tonumber(channels), start = tonumber(start), id = decode_base64(id)}
end

local function sources_of(track)
  local sources = {}
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    local take = reaper.GetActiveTake(item)
    local source = take and reaper.GetMediaItemTake_Source(take)
    if source then sources[#sources + 1] = {item = item, take = take, source = source} end
  end
  return sources
end

local function channels_of(track, note)
  if note then return note.channels end
  local sources = sources_of(track)
  for _, one in ipairs(sources) do
    if reaper.GetMediaSourceNumChannels(one.source) ~= 1 then return 2 end
  end
  return #sources > 0 and 1 or 2
end

local function sample_rate()
  local rate = reaper.GetSetProjectInfo(0, "PROJECT_SRATE", 0, false)
  if reaper.GetSetProjectInfo(0, "PROJECT_SRATE_USE", 0, false) == 0 or rate <= 0 then
    local found, device = reaper.GetAudioDeviceInfo("SRATE", "")
    rate = found and tonumber(device) or 48000
  end
  return math.floor(rate + 0.5)
end

local function play_offset_s(track, rate)
  local state = math.floor(reaper.GetMediaTrackInfo_Value(track, "I_PLAY_OFFSET_FLAG"))
  if state & 1 ~= 0 then return 0.0 end
  local offset = reaper.GetMediaTrackInfo_Value(track, "D_PLAY_OFFSET")
  return state & 2 ~= 0 and offset / rate or offset
end

-- The shift in ms that the exporter gave to a track's items; 0 in a project that it did not write.
local function item_shift_ms(track, note, rate)
  local first = note and sources_of(track)[1]
  if not first then return 0.0 end
  local position = reaper.GetMediaItemInfo_Value(first.item, "D_POSITION")
  local offset = reaper.GetMediaItemTakeInfo_Value(first.take, "D_STARTOFFS")
  local samples = math.floor((position - offset) * rate + 0.5) - note.start
  return samples * 1000.0 / rate
end

local function all_tracks()
  local tracks = {}
  for index = 0, reaper.CountTracks(0) - 1 do
    local track = reaper.GetTrack(0, index)
    local note = note_of(track)
    tracks[#tracks + 1] = {track = track, note = note, id = note and note.id or track_name(track)}
  end
  return tracks
end

local function kind_of(entry)
  if entry.note then return entry.note.kind end
  if reaper.GetMediaTrackInfo_Value(entry.track, "I_FOLDERDEPTH") == 1 then return "group" end
  if reaper.GetTrackNumSends(entry.track, -1) > 0 and reaper.CountTrackMediaItems(entry.track) == 0 then return "fx" end
  return "track"
end

-- Finds tracks of the mix and its buses, which may have the same names. Where the exporter left no note, the name
-- alone decides if it must; two of one name are an error, for the wrong one might be changed.
local function finder(tracks)
  local entries = {}
  for _, entry in ipairs(tracks) do
    entries[entry.id] = entries[entry.id] or {}
    table.insert(entries[entry.id], entry)
  end
  return function(id, is_bus)
    local fitting, others = {}, {}
    for _, entry in ipairs(entries[id] or {}) do
      local kind = kind_of(entry)
      if kind ~= "side" and (kind ~= "track") == is_bus then
        fitting[#fitting + 1] = entry
      elseif not entry.note then
        others[#others + 1] = entry
      end
    end
    local found = #fitting > 0 and fitting or others
    if #found > 1 then fail("Two tracks are called %s: give each a name of its own.", id) end
    return found[1]
  end
end

local function find_strip(track)
  for fx = 0, reaper.TrackFX_GetCount(track) - 1 do
    local same = reaper.TrackFX_GetNumParams(track, fx) >= #SLIDERS
    for index, slider in ipairs(SLIDERS) do
      if not same then break end
      local _, label = reaper.TrackFX_GetParamName(track, fx, index - 1, "")
      same = label == slider[2]
    end
    if same then return fx end
  end
end

local function read_strip(track)
  local fx = find_strip(track)
  if not fx then return nil end
  local values = {}
  for index, slider in ipairs(SLIDERS) do
    values[slider[1]] = clamp(reaper.TrackFX_GetParam(track, fx, index - 1), RANGES[slider[1]])
  end
  return values, fx, reaper.TrackFX_GetEnabled(track, fx)
end

local function add_strip(track)
  for _, name in ipairs(STRIP_NAMES) do
    local fx = reaper.TrackFX_AddByName(track, name, false, -1)
    if fx >= 0 then
      if find_strip(track) ~= fx then
        fail("The JSFX strip that is installed is of another version; install the one beside this script.")
      end
      return fx
    end
  end
  fail("%s", HOW_TO_INSTALL)
end

local function find_send(track, target)
  for index = 0, reaper.GetTrackNumSends(track, 0) - 1 do
    if reaper.GetTrackSendInfo_Value(track, 0, index, "P_DESTTRACK") == target then return index end
  end
end

local function volume_envelope(track)
  local envelope = reaper.GetTrackEnvelopeByName(track, "Volume")
  if envelope and reaper.CountEnvelopePoints(envelope) > 0 then return envelope end
end

local function make_volume_envelope(track)
  local envelope = reaper.GetTrackEnvelopeByName(track, "Volume")
  if envelope then return envelope end
  local selected = {}
  for index = 0, reaper.CountSelectedTracks(0) - 1 do selected[#selected + 1] = reaper.GetSelectedTrack(0, index) end
  reaper.SetOnlyTrackSelected(track)
  reaper.Main_OnCommand(SHOW_VOLUME_ENVELOPE, 0)
  reaper.SetTrackSelected(track, false)
  for _, one in ipairs(selected) do reaper.SetTrackSelected(one, true) end
  envelope = reaper.GetTrackEnvelopeByName(track, "Volume")
  if not envelope then fail("REAPER made no volume envelope for %s.", track_name(track)) end
  return envelope
end

local function envelope_levels(envelope)
  local mode = reaper.GetEnvelopeScalingMode(envelope)
  local points = {}
  for index = 0, reaper.CountEnvelopePoints(envelope) - 1 do
    local _, time_s, value = reaper.GetEnvelopePoint(envelope, index)
    local level_db = clamp(level_of(reaper.ScaleFromEnvelopeMode(mode, value)), FADER_DB)
    local before = points[#points]
    local rounded = tonumber(string.format("%.6f", time_s))
    if before and before[1] == rounded then points[#points] = nil end
    points[#points + 1] = {rounded, level_db}
  end
  local moves = array()
  for _, point in ipairs(thin(points)) do moves[#moves + 1] = array({point[1], neat(point[2])}) end
  return moves
end

-- What applying a mix would do: a list of steps, and of what it cannot do ----------------------------------------------

local function new_plan()
  return {steps = {}, left = {}}
end

local function step(plan, kind, text, run)
  plan.steps[#plan.steps + 1] = {kind = kind, text = text, run = run}
end

local function set_value(track, key, value)
  if not reaper.SetMediaTrackInfo_Value(track, key, value) then
    fail("REAPER did not take %s of %s.", key, track_name(track))
  end
end

local function plan_value(plan, kind, track, label, key, value, shown)
  local was = reaper.GetMediaTrackInfo_Value(track, key)
  if differs(was, value, LEVEL_SHARE) then
    step(plan, kind, string.format("%s: %s", label, shown(was, value)), function() set_value(track, key, value) end)
  end
end

local function plan_strip(plan, track, label, values)
  local was, _, enabled = read_strip(track)
  if not was and stands_at_defaults(values) then return end
  local changed = {}
  for _, slider in ipairs(SLIDERS) do
    local before = was and was[slider[1]] or slider[5]
    if differs(before, values[slider[1]], SLIDER_SHARE) then
      changed[#changed + 1] = string.format("%s %.6g to %.6g", slider[2], before, values[slider[1]])
    end
  end
  if was and enabled and #changed == 0 then return end
  local own = reaper.TrackFX_GetCount(track)
  local text = was and table.concat(changed, ", ") or string.format("a new strip behind its %d plugins", own)
  if was and not enabled then text = "switched on; " .. text end
  step(plan, "strips", string.format("%s: strip, %s", label, text), function()
    local fx = find_strip(track) or add_strip(track)
    reaper.TrackFX_SetEnabled(track, fx, true)
    for index, slider in ipairs(SLIDERS) do
      local wanted = values[slider[1]]
      reaper.TrackFX_SetParam(track, fx, index - 1, wanted)
      if differs((reaper.TrackFX_GetParam(track, fx, index - 1)), wanted, TAKEN_SHARE) then
        fail("The strip of %s did not take %s = %.9g.", label, slider[2], wanted)
      end
    end
  end)
end

local function level_shown(was, now)
  return string.format("fader %.2f to %.2f dB", level_of(was), level_of(now))
end

local function pan_shown(was, now)
  return string.format("pan %.3f to %.3f", was, now)
end

local function switch_shown(name)
  return function(was, now)
    return string.format("%s %s to %s", name, was ~= 0 and "on" or "off", now ~= 0 and "on" or "off")
  end
end

local function plan_moves(plan, track, label, moves)
  local envelope = volume_envelope(track)
  if #moves == 0 then
    if envelope then
      plan.left[#plan.left + 1] = label .. ": its volume envelope stays; the fader is a trim on top of it"
    end
    return
  end
  if envelope then
    local held = envelope_levels(envelope)
    local same = #held == #moves
    for index = 1, same and #moves or 0 do
      same = same and math.abs(held[index][1] - moves[index][1]) < 1e-6
        and math.abs(held[index][2] - moves[index][2]) < 1e-6
    end
    if same then return end
  end
  local text = envelope and "its volume envelope is replaced" or "a volume envelope"
  step(plan, "envelopes", string.format("%s: %s, %d break points", label, text, #moves), function()
    local made = make_volume_envelope(track)
    local mode = reaper.GetEnvelopeScalingMode(made)
    reaper.DeleteEnvelopePointRange(made, -1.0, 1e12)
    for _, point in ipairs(dense(moves)) do
      local value = reaper.ScaleToEnvelopeMode(mode, gain_of(point[2]))
      reaper.InsertEnvelopePoint(made, point[1], value, 0, 0, false, true)
    end
    reaper.Envelope_SortPoints(made)
  end)
end

local function plan_sends(plan, strip, track, label, find, buses, where)
  local sends = part(strip, "sends", where)
  local names = {}
  for name in pairs(sends) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local gain = gain_of(number(sends, name, nil, SEND_DB, where .. ".sends"))
    local bus = find(name, true)
    if not bus then
      plan.left[#plan.left + 1] = string.format("%s: no track is called %s to send to", label, name)
    else
      local index = find_send(track, bus.track)
      local was = index and reaper.GetTrackSendInfo_Value(track, 0, index, "D_VOL")
      local muted = index and reaper.GetTrackSendInfo_Value(track, 0, index, "B_MUTE") ~= 0
      local mode = index and reaper.GetTrackSendInfo_Value(track, 0, index, "I_SENDMODE")
      if not index or differs(was, gain, LEVEL_SHARE) or muted or mode ~= POST_FADER then
        local from = index and string.format("%.2f dB", level_of(was)) or "none"
        step(plan, "sends", string.format("%s: send to %s %s to %.2f dB", label, name, from, level_of(gain)), function()
          local at = find_send(track, bus.track) or reaper.CreateTrackSend(track, bus.track)
          reaper.SetTrackSendInfo_Value(track, 0, at, "D_VOL", gain)
          reaper.SetTrackSendInfo_Value(track, 0, at, "I_SENDMODE", POST_FADER)
          reaper.SetTrackSendInfo_Value(track, 0, at, "B_MUTE", 0)
        end)
      end
    end
  end
  for _, bus in ipairs(buses) do
    local entry = bus.kind == "fx" and sends[bus.id] == nil and find(bus.id, true)
    if entry and find_send(track, entry.track) then
      step(plan, "sends", string.format("%s: its send to %s is taken away", label, bus.id), function()
        reaper.RemoveTrackSend(track, 0, find_send(track, entry.track))
      end)
    end
  end
end

local function plan_track(plan, strip, entry, find, buses, rate)
  local track, label = entry.track, strip.id
  local where = "tracks." .. label
  local channels = channels_of(track, entry.note)
  local values = slider_values(strip, where)
  local was = read_strip(track)
  -- The strip's own polarity stays; the phase button makes up the rest.
  values.invert_polarity = was and was.invert_polarity or 0.0
  plan_strip(plan, track, label, values)
  local trim = part(strip, "input", where)
  local turned = flag(trim, "invert_polarity", where .. ".input") ~= (values.invert_polarity > 0.5)
  plan_value(plan, "polarities", track, label, "B_PHASE", turned and 1 or 0, switch_shown("phase"))
  local moves = moves_of(strip, where)
  local pan, lift, law = pan_to_reaper(number(strip, "pan", 0.0, {-1.0, 1.0}, where), channels)
  local fader_db = number(strip, "fader_db", 0.0, FADER_DB, where)
  plan_value(plan, "faders", track, label, "D_VOL", (#moves > 0 and 1.0 or gain_of(fader_db)) * lift, level_shown)
  plan_value(plan, "pans", track, label, "D_PAN", pan, pan_shown)
  if reaper.GetMediaTrackInfo_Value(track, "D_PANLAW") ~= law and (pan ~= 0.0 or channels == 1) then
    step(plan, "pans", string.format("%s: its pan law is %.2f dB", label, level_of(law)), function()
      set_value(track, "D_PANLAW", law)
      set_value(track, "I_PANMODE", BALANCE)
    end)
  end
  if flag(strip, "muted", where) then
    plan_value(plan, "mutes", track, label, "B_MUTE", 1, switch_shown("mute"))
  end
  local delay_ms = number(trim, "delay_ms", 0.0, DELAY_MS, where .. ".input")
  local offset_s = (delay_ms - item_shift_ms(track, entry.note, rate)) / 1000.0
  -- Nearer than a tenth of a sample is there already.
  if math.abs(offset_s - play_offset_s(track, rate)) * rate > 0.1 then
    step(plan, "delays", string.format("%s: delayed by %.3f ms", label, delay_ms), function()
      set_value(track, "D_PLAY_OFFSET", offset_s)
      set_value(track, "I_PLAY_OFFSET_FLAG", 0)
    end)
  end
  plan_moves(plan, track, label, moves)
  plan_sends(plan, strip, track, label, find, buses, where)
end

local function tone_of(object)
  return {equalizer = object.equalizer, compressor = object.compressor}
end

local function plan_mix(mix)
  if not is_object(mix) or mix.schema ~= SCHEMA then
    fail("This is no mix of schema %s.", SCHEMA)
  end
  local plan = new_plan()
  local tracks = all_tracks()
  local find = finder(tracks)
  local rate = sample_rate()
  local buses = list(mix, "buses", "mix")
  local found = 0
  for index, strip in ipairs(list(mix, "tracks", "mix")) do
    if not is_object(strip) or type(strip.id) ~= "string" then fail("tracks.%d has no id.", index - 1) end
    local entry = find(strip.id, false)
    if entry then
      found = found + 1
      plan_track(plan, strip, entry, find, buses, rate)
    else
      plan.left[#plan.left + 1] = string.format("no track is called %s", strip.id)
    end
  end
  for index, bus in ipairs(buses) do
    if not is_object(bus) or type(bus.id) ~= "string" then fail("buses.%d has no id.", index - 1) end
    local entry = find(bus.id, true)
    if entry then
      local where = "buses." .. bus.id
      plan_strip(plan, entry.track, bus.id, slider_values(tone_of(bus), where))
      plan_value(plan, "faders", entry.track, bus.id, "D_VOL", gain_of(number(bus, "fader_db", 0.0, FADER_DB, where)),
        level_shown)
      if is_object(bus.reverb) or is_object(bus.delay) then
        plan.left[#plan.left + 1] = bus.id .. ": its reverb or delay plugin is left as it is"
      end
    else
      plan.left[#plan.left + 1] = string.format("no track is called %s (a bus of the mix)", bus.id)
    end
  end
  local master = part(mix, "master", "mix")
  local track = reaper.GetMasterTrack(0)
  plan_strip(plan, track, "Master", slider_values(tone_of(master), "master"))
  plan_value(plan, "faders", track, "Master", "D_VOL", gain_of(number(master, "fader_db", 0.0, FADER_DB, "master")),
    level_shown)
  if part(master, "limiter", "master").enabled then
    plan.left[#plan.left + 1] = "Master: its limiter is left as it is"
  end
  if found == 0 then fail("None of the mix's tracks is in this project: their names are matched.") end
  return plan
end

-- Talking -----------------------------------------------------------------------------------------------------------

local OK, YES, NO = 1, 6, 7
local SHOWN_LINES = 18

local function tell(text)
  reaper.ShowMessageBox(text, "mixbridge", 0)
end

local function counted(plan)
  local counts, order = {}, {}
  for _, one in ipairs(plan.steps) do
    if not counts[one.kind] then order[#order + 1] = one.kind end
    counts[one.kind] = (counts[one.kind] or 0) + 1
  end
  local words = {}
  for _, kind in ipairs(order) do words[#words + 1] = string.format("%d %s", counts[kind], kind) end
  return table.concat(words, ", ")
end

local function add_lines(lines, items)
  for index = 1, math.min(#items, SHOWN_LINES) do lines[#lines + 1] = items[index] end
  if #items > SHOWN_LINES then lines[#lines + 1] = string.format("… and %d more", #items - SHOWN_LINES) end
end

local function ask(plan)
  local lines = {string.format("This changes in the project, as one undo step: %s.", counted(plan)), ""}
  local texts = {}
  for _, one in ipairs(plan.steps) do texts[#texts + 1] = one.text end
  add_lines(lines, texts)
  if #plan.left > 0 then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "Left as it is:"
    add_lines(lines, plan.left)
  end
  return reaper.ShowMessageBox(table.concat(lines, "\n"), "mixbridge: apply this mix?", 1) == OK
end

local function message_of(problem)
  return type(problem) == "table" and problem.message or tostring(problem)
end

-- Files -------------------------------------------------------------------------------------------------------------

local function read_file(path)
  local file, problem = io.open(path, "rb")
  if not file then fail("The file cannot be read: %s.", problem) end
  local text = file:read("a")
  file:close()
  return (text:gsub("^\xEF\xBB\xBF", ""))
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local function write_file(path, text)
  local temporary = path .. ".part"
  local file, problem = io.open(temporary, "wb")
  if not file then fail("The file cannot be written: %s.", problem) end
  local done, why = file:write(text)
  file:close()
  if done then
    -- Windows gives no file a name that is taken; the user has agreed to lose the old one.
    os.remove(path)
    done, why = os.rename(temporary, path)
  end
  if not done then
    os.remove(temporary)
    fail("The file cannot be written: %s.", why)
  end
end

-- Applying ------------------------------------------------------------------------------------------------------------

local function run_steps(plan)
  for _, one in ipairs(plan.steps) do one.run() end
end

local function apply()
  local chose, path = reaper.GetUserFileNameForRead("", "mixbridge: the mix to apply", "json")
  if not chose then return end
  local text = read_file(path)
  local plan = plan_mix(decode_json(text))
  if #plan.steps == 0 then
    local lines = {"The project stands as the mix says; nothing is to be changed."}
    add_lines(lines, plan.left)
    tell(table.concat(lines, "\n"))
    return
  end
  if not ask(plan) then return end
  reaper.Undo_BeginBlock2(0)
  reaper.PreventUIRefresh(1)
  local done, problem = pcall(run_steps, plan)
  reaper.PreventUIRefresh(-1)
  local name = done and "mixbridge: apply a mix" or "mixbridge: broken off " .. os.time()
  reaper.Undo_EndBlock2(0, name, -1)
  if not done then
    -- Only our own step: where nothing had been changed yet, the last one is the user's.
    if reaper.Undo_CanUndo2(0) == name then reaper.Undo_DoUndo2(0) end
    tell(message_of(problem) .. "\n\nEverything is as it was before.")
    return
  end
  keep_base(text)
  reaper.TrackList_AdjustWindows(false)
  reaper.UpdateArrange()
end

-- Writing back ----------------------------------------------------------------------------------------------------------

local function by_id(items)
  local found = {}
  for _, item in ipairs(items) do
    if is_object(item) and type(item.id) == "string" then found[item.id] = item end
  end
  return found
end

local function base_mix()
  local good, mix = pcall(decode_json, kept_base())
  return good and is_object(mix) and mix or {}
end

local function strip_parts(track)
  local values, _, enabled = read_strip(track)
  if not values then
    values = {}
    for name, default in pairs(DEFAULTS) do values[name] = default end
  elseif not enabled then
    for _, name in ipairs({"highpass", "lowpass", "gate", "equalizer", "compressor"}) do values[name .. "_on"] = 0.0 end
    values.input_gain_db, values.invert_polarity, values.width = 0.0, 0.0, 1.0
  end
  return values
end

local function fader_of(track, own_gain)
  return neat(clamp(level_of(reaper.GetMediaTrackInfo_Value(track, "D_VOL") / own_gain), FADER_DB))
end

local function parent_group(entry, kinds)
  local parent = reaper.GetParentTrack(entry.track)
  while parent do
    local known = kinds[parent]
    if known and known.kind == "group" then return known.id end
    parent = reaper.GetParentTrack(parent)
  end
  return "master"
end

local function file_names(entry, sides)
  local names = array()
  for _, track in ipairs({entry.track, table.unpack(sides)}) do
    for _, one in ipairs(sources_of(track)) do
      local path = reaper.GetMediaSourceFileName(one.source, "")
      names[#names + 1] = path:match("[^/\\]*$")
    end
  end
  return names
end

local function write_track(entry, base, kinds, fx_buses, rate, sides)
  local track = entry.track
  local values = strip_parts(track)
  local channels = channels_of(track, entry.note)
  local pan, own_gain = pan_from_reaper(reaper.GetMediaTrackInfo_Value(track, "D_PAN"), channels)
  local envelope = volume_envelope(track)
  local moves = envelope and envelope_levels(envelope) or array()
  local strip = {}
  for key, value in pairs(base) do strip[key] = value end
  strip.id = entry.id
  if strip.files == nil then strip.files = file_names(entry, sides) end
  strip.muted = reaper.GetMediaTrackInfo_Value(track, "B_MUTE") ~= 0
  local inverted = (reaper.GetMediaTrackInfo_Value(track, "B_PHASE") ~= 0) ~= (values.invert_polarity > 0.5)
  -- A tenth of a sample more or less is the number format's; what was applied is what is meant.
  local delay_ms = play_offset_s(track, rate) * 1000.0 + item_shift_ms(track, entry.note, rate)
  local asked_ms = is_object(base.input) and base.input.delay_ms
  if type(asked_ms) ~= "number" or math.abs(asked_ms - delay_ms) * rate > 100.0 then asked_ms = neat(delay_ms) end
  strip.input = {
    gain_db = values.input_gain_db,
    invert_polarity = inverted,
    delay_ms = clamp(asked_ms, DELAY_MS),
  }
  strip.highpass, strip.lowpass = cut_from(values, "highpass"), cut_from(values, "lowpass")
  strip.gate, strip.compressor = dynamics_from(values, "gate"), dynamics_from(values, "compressor")
  strip.equalizer = equalizer_from(values)
  strip.width = values.width
  strip.pan = clamp(neat(pan), {-1.0, 1.0})
  strip.automation = {fader_db = moves}
  if #moves == 0 then
    strip.fader_db = fader_of(track, own_gain)
  elseif strip.fader_db == nil then
    strip.fader_db = moves[1][2]
  end
  local sends = {}
  for index = 0, reaper.GetTrackNumSends(track, 0) - 1 do
    local bus = fx_buses[reaper.GetTrackSendInfo_Value(track, 0, index, "P_DESTTRACK")]
    if bus and reaper.GetTrackSendInfo_Value(track, 0, index, "B_MUTE") == 0 then
      local gain = reaper.GetTrackSendInfo_Value(track, 0, index, "D_VOL")
      sends[bus] = neat(clamp(level_of(gain), SEND_DB))
    end
  end
  strip.sends = sends
  strip.output = parent_group(entry, kinds)
  return strip
end

local function write_bus(entry, base, kind)
  local values = strip_parts(entry.track)
  local bus = {}
  for key, value in pairs(base) do bus[key] = value end
  bus.id, bus.kind = entry.id, kind
  bus.equalizer, bus.compressor = equalizer_from(values), dynamics_from(values, "compressor")
  bus.fader_db = fader_of(entry.track, 1.0)
  if kind == "fx" and not is_object(bus.reverb) and not is_object(bus.delay) then
    -- Their knobs are not read: which of the two it is, at the console's defaults.
    local effect = "reverb"
    for fx = 0, reaper.TrackFX_GetCount(entry.track) - 1 do
      local _, name = reaper.TrackFX_GetFXName(entry.track, fx, "")
      if name:lower():find("delay") then effect = "delay" end
    end
    bus[effect] = {}
  elseif kind == "group" then
    bus.reverb, bus.delay = nil, nil
  end
  return bus
end

local function project_mix()
  local base = base_mix()
  local old_tracks = by_id(is_array(base.tracks) and base.tracks or {})
  local old_buses = by_id(is_array(base.buses) and base.buses or {})
  local tracks = all_tracks()
  local kinds, fx_buses, sides = {}, {}, {}
  local seen = {}
  for _, entry in ipairs(tracks) do
    local kind = kind_of(entry)
    local old = old_buses[entry.id]
    if not entry.note and old and not old_tracks[entry.id] and (old.kind == "fx" or old.kind == "group") then
      -- Nothing is sent to it just now, or it holds no track.
      kind = old.kind
    end
    entry.kind = kind
    kinds[entry.track] = {kind = kind, id = entry.id}
    if kind == "fx" then fx_buses[entry.track] = entry.id end
    if kind == "side" then
      local parent = reaper.GetParentTrack(entry.track)
      if parent then
        sides[parent] = sides[parent] or {}
        table.insert(sides[parent], entry.track)
      end
    else
      local set = kind == "track" and "track" or "bus"
      if entry.id == "" or (set == "bus" and entry.id == "master") then
        fail("A track has no name that a mix can hold: %q. Give it one.", entry.id)
      end
      if seen[set .. entry.id] then fail("Two tracks are called %s: give each a name of its own.", entry.id) end
      seen[set .. entry.id] = true
    end
  end
  local rate = sample_rate()
  local mix = {}
  for key, value in pairs(base) do mix[key] = value end
  mix.schema, mix.sample_rate_hz = SCHEMA, rate
  mix.tracks, mix.buses = array(), array()
  for _, entry in ipairs(tracks) do
    if entry.kind == "track" then
      mix.tracks[#mix.tracks + 1] =
        write_track(entry, old_tracks[entry.id] or {}, kinds, fx_buses, rate, sides[entry.track] or {})
    elseif entry.kind ~= "side" then
      mix.buses[#mix.buses + 1] = write_bus(entry, old_buses[entry.id] or {}, entry.kind)
    end
  end
  local master = {}
  for key, value in pairs(is_object(base.master) and base.master or {}) do master[key] = value end
  local track = reaper.GetMasterTrack(0)
  local values = strip_parts(track)
  master.equalizer, master.compressor = equalizer_from(values), dynamics_from(values, "compressor")
  master.fader_db = fader_of(track, 1.0)
  mix.master = master
  return mix
end

local function write_back()
  local text = encode_json(project_mix()) .. "\n"
  local chose, path = reaper.GetUserInputs("mixbridge: write the settings", 1, "File,extrawidth=300,separator=\n",
    reaper.GetProjectPath("") .. "/mix.json")
  if not chose or path == "" then return end
  if exists(path) and reaper.ShowMessageBox(path .. "\n\nexists already. Overwrite it?", "mixbridge", 4) ~= YES then
    return
  end
  write_file(path, text)
end

local function main()
  local answer = reaper.ShowMessageBox(
    "Yes: apply a mix.json to this project.\nNo: write the project's settings as a mix.json.", "mixbridge", 3)
  if answer ~= YES and answer ~= NO then return end
  local done, problem = pcall(answer == YES and apply or write_back)
  if not done then tell(message_of(problem) .. "\n\nNothing was changed.") end
end

main()
