-- A stand-in for REAPER's API, as far as the ReaScript uses it: it keeps the state of a project in plain tables.
-- `answers` are the dialogs' answers in order; `log` is what was asked and done; fail_at breaks the n-th change.
local fake = {tracks = {}, state = {}, answers = {}, log = {}, settings = {}, changes = 0, fail_at = 0, undo = {}}

local function new_track(name)
  return {
    name = name, guid = string.format("{00000000-0000-0000-0000-%012d}", #fake.tracks + 1),
    values = {D_VOL = 1.0, D_PAN = 0.0, D_PANLAW = -1.0, I_PANMODE = -1, B_MUTE = 0, B_PHASE = 0, I_FOLDERDEPTH = 0,
      D_PLAY_OFFSET = 0.0, I_PLAY_OFFSET_FLAG = 1},
    items = {}, fx = {}, sends = {}, selected = false,
  }
end

fake.master = new_track("MASTER")
fake.settings = {PROJECT_SRATE = 48000, PROJECT_SRATE_USE = 1}
fake.installed = true
fake.shown_name = "JS: mixbridge channel strip"
fake.answers_name = "JS:mixbridge/mixbridge_strip.jsfx"
fake.scaling = 0

function fake.add_track(name, channels)
  local track = new_track(name)
  if channels then
    track.items[1] = {position = 0.0, take = {offset = 0.0, source = {channels = channels, path = "C:\\audio/" .. name .. ".wav"}}}
  end
  fake.tracks[#fake.tracks + 1] = track
  return track
end

function fake.add_fx(track, name)
  track.fx[#track.fx + 1] = {name = name, params = {}, names = {}, enabled = true}
end

function fake.add_strip(track)
  local fx = {name = fake.shown_name, params = {}, names = {}, enabled = true}
  for index, slider in ipairs(fake.sliders) do
    fx.params[index], fx.names[index] = slider[5], slider[2]
  end
  track.fx[#track.fx + 1] = fx
  return #track.fx - 1
end

local function copy(value, known)
  if type(value) ~= "table" then return value end
  if known[value] then return known[value] end
  local made = {}
  known[value] = made
  for key, item in pairs(value) do made[key] = copy(item, known) end
  return made
end

-- Tracks stay who they are; what they hold is kept and put back.
local function snapshot()
  local kept, same = {}, {}
  for _, track in ipairs(fake.tracks) do same[track] = track end
  for _, track in ipairs({fake.master, table.unpack(fake.tracks)}) do
    local held = {}
    for key, value in pairs(track) do held[key] = copy(value, same) end
    kept[#kept + 1] = {track, held}
  end
  return kept
end

local function restore(kept)
  for _, pair in ipairs(kept) do
    for key in pairs(pair[1]) do pair[1][key] = nil end
    for key, value in pairs(pair[2]) do pair[1][key] = value end
  end
end

local function change(what)
  fake.changes = fake.changes + 1
  fake.log[#fake.log + 1] = what
  if fake.changes == fake.fail_at then error("REAPER broke at " .. what) end
end

local function answer(kind)
  local given = table.remove(fake.answers, 1)
  if given == nil then error("an unexpected dialog: " .. kind) end
  return given
end

local api = {}
reaper = setmetatable(api, {__index = function(_, name) error("the stand-in has no " .. name) end})

function api.ShowMessageBox(text, title, kind)
  fake.log[#fake.log + 1] = "ASK " .. title .. "\n" .. text
  if kind == 0 then return 1 end
  return answer(title)
end
function api.GetUserFileNameForRead() local path = answer("read") return path ~= "", path end
function api.GetUserInputs(_, _, _, default)
  local path = answer("write")
  fake.offered = default
  return path ~= "", path
end
function api.GetProjectPath() return "/song" end
function api.CountTracks() return #fake.tracks end
function api.GetTrack(_, index) return fake.tracks[index + 1] end
function api.GetMasterTrack() return fake.master end
function api.GetTrackGUID(track) return track.guid end
function api.GetSetMediaTrackInfo_String(track, key, _, set)
  assert(key == "P_NAME" and not set)
  return true, track.name
end
function api.GetMediaTrackInfo_Value(track, key)
  return assert(track.values[key], "no value " .. key) + 0.0
end
function api.SetMediaTrackInfo_Value(track, key, value)
  change(key .. " of " .. track.name)
  assert(track.values[key], "no value " .. key)
  track.values[key] = value
  return true
end
function api.GetParentTrack(track) return track.parent end
function api.CountTrackMediaItems(track) return #track.items end
function api.GetTrackMediaItem(track, index) return track.items[index + 1] end
function api.GetActiveTake(item) return item.take end
function api.GetMediaItemTake_Source(take) return take.source end
function api.GetMediaSourceNumChannels(source) return source.channels end
function api.GetMediaSourceFileName(source) return source.path end
function api.GetMediaItemInfo_Value(item, key) assert(key == "D_POSITION") return item.position end
function api.GetMediaItemTakeInfo_Value(take, key) assert(key == "D_STARTOFFS") return take.offset end
function api.GetProjExtState(_, section, key)
  local text = (fake.state[section] or {})[key] or ""
  return #text, text
end
function api.SetProjExtState(_, section, key, text)
  fake.state[section] = fake.state[section] or {}
  fake.state[section][key] = text
end
function api.GetSetProjectInfo(_, key, _, set) assert(not set) return fake.settings[key] + 0.0 end
function api.GetAudioDeviceInfo(key) assert(key == "SRATE") return true, "44100" end

function api.TrackFX_GetCount(track) return #track.fx end
function api.TrackFX_GetNumParams(track, fx) return #track.fx[fx + 1].params end
function api.TrackFX_GetParamName(track, fx, index) return true, track.fx[fx + 1].names[index + 1] end
function api.TrackFX_GetFXName(track, fx) return true, track.fx[fx + 1].name end
function api.TrackFX_GetEnabled(track, fx) return track.fx[fx + 1].enabled end
function api.TrackFX_SetEnabled(track, fx, on)
  change("enable FX of " .. track.name)
  track.fx[fx + 1].enabled = on
end
function api.TrackFX_GetParam(track, fx, index)
  local slider = fake.sliders[index + 1]
  return track.fx[fx + 1].params[index + 1], slider[3], slider[4]
end
function api.TrackFX_SetParam(track, fx, index, value)
  change("param " .. index .. " of " .. track.name)
  local slider = fake.sliders[index + 1]
  track.fx[fx + 1].params[index + 1] = math.min(math.max(value, slider[3]), slider[4])
  return true
end
function api.TrackFX_AddByName(track, name, record, instantiate)
  assert(record == false and instantiate == -1)
  if not fake.installed or name ~= fake.answers_name then return -1 end
  change("add FX to " .. track.name)
  return fake.add_strip(track)
end

local function sends_of(track, category)
  if category == 0 then return track.sends end
  local found = {}
  for _, other in ipairs(fake.tracks) do
    for _, send in ipairs(other.sends) do
      if send.P_DESTTRACK == track then found[#found + 1] = send end
    end
  end
  return found
end
function api.GetTrackNumSends(track, category) return #sends_of(track, category) end
function api.GetTrackSendInfo_Value(track, category, index, key) return sends_of(track, category)[index + 1][key] end
function api.SetTrackSendInfo_Value(track, category, index, key, value)
  change("send " .. key .. " of " .. track.name)
  sends_of(track, category)[index + 1][key] = value
  return true
end
function api.CreateTrackSend(track, target)
  change("new send of " .. track.name)
  track.sends[#track.sends + 1] = {P_DESTTRACK = target, D_VOL = 1.0, B_MUTE = 0, I_SENDMODE = 0}
  return #track.sends - 1
end
function api.RemoveTrackSend(track, category, index)
  assert(category == 0)
  change("no send of " .. track.name)
  table.remove(track.sends, index + 1)
end

function api.GetTrackEnvelopeByName(track, name) assert(name == "Volume") return track.envelope end
function api.CountEnvelopePoints(envelope) return #envelope.points end
function api.GetEnvelopePoint(envelope, index)
  local point = envelope.points[index + 1]
  return true, point[1], point[2], 0, 0, false
end
function api.GetEnvelopeScalingMode() return fake.scaling end
function api.ScaleToEnvelopeMode(mode, value) return mode == 1 and value * 716.0 or value end
function api.ScaleFromEnvelopeMode(mode, value) return mode == 1 and value / 716.0 or value end
function api.DeleteEnvelopePointRange(envelope) change("clear envelope") envelope.points = {} end
function api.InsertEnvelopePoint(envelope, time, value)
  change("envelope point")
  envelope.points[#envelope.points + 1] = {time, value}
end
function api.Envelope_SortPoints(envelope) table.sort(envelope.points, function(a, b) return a[1] < b[1] end) end
function api.CountSelectedTracks()
  local count = 0
  for _, track in ipairs(fake.tracks) do count = count + (track.selected and 1 or 0) end
  return count
end
function api.GetSelectedTrack(_, index)
  for _, track in ipairs(fake.tracks) do
    if track.selected then
      if index == 0 then return track end
      index = index - 1
    end
  end
end
function api.SetTrackSelected(track, on) track.selected = on end
function api.SetOnlyTrackSelected(track)
  for _, one in ipairs(fake.tracks) do one.selected = one == track end
end
function api.Main_OnCommand(id)
  assert(id == 40406)
  change("show envelope")
  for _, track in ipairs(fake.tracks) do
    if track.selected then track.envelope = {points = {{0.0, api.ScaleToEnvelopeMode(fake.scaling, 1.0)}}} end
  end
end

function api.PreventUIRefresh(count) fake.refresh = (fake.refresh or 0) + count end
function api.TrackList_AdjustWindows() end
function api.UpdateArrange() end
function api.Undo_BeginBlock2() fake.open = {kept = snapshot(), changes = fake.changes} end
function api.Undo_EndBlock2(_, name, flags)
  assert(fake.open and flags == -1 and name ~= "")
  if fake.changes > fake.open.changes then fake.undo[#fake.undo + 1] = {name = name, kept = fake.open.kept} end
  fake.open = nil
end
function api.Undo_CanUndo2() local last = fake.undo[#fake.undo] return last and last.name end
function api.Undo_DoUndo2()
  local last = table.remove(fake.undo)
  restore(last.kept)
  fake.log[#fake.log + 1] = "UNDO " .. last.name
  return 1
end

return fake
