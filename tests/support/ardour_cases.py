"""Sessions and mixes for the Ardour tests, and comparisons of what was written with what is read."""

from pathlib import Path

#: Every set of plugins that a session can be written with.
CHOICES: tuple[dict[str, str], ...] = (
    {"equalizer": "lsp", "gate": "mixbridge", "limiter": "dpl"},
    {"equalizer": "fil4", "gate": "ace", "limiter": "lsp"},
    {"equalizer": "ace", "gate": "mixbridge", "limiter": "none"},
)


def strip_xml(
    key: int,
    name: str,
    *,
    channels: int = 1,
    to: str = "Master",
    flags: str = "AudioTrack",
    playlist: int = 0,
    muted: bool = False,
    active: bool = True,
    extra: str = "",
    fader: str = "",
) -> str:
    """A route as Ardour 7 writes it, shortened: `extra` are processors before the fader, `fader` what it holds."""
    ins = "".join(
        f'<Port type="audio" name="{name}/audio_in {n + 1}"><Connection other="system:capture_{n + 1}"/></Port>'
        for n in range(channels)
    )
    outs = "".join(
        f'\n        <Port type="audio" name="{name}/audio_out {n}">\n          <Connection other="{to}/audio_in {n}"/>'
        "\n        </Port>"
        for n in (1, 2)
    )
    panner = "panner_1in2out" if channels == 1 else "panner_2in2out"
    track = f' audio-playlist="{playlist}" mode="Normal"' if playlist else ""
    return f"""
    <Route version="7002" id="{key}" name="{name}" default-type="audio" strict-io="0" active="{int(active)}"{
        track
    }>
      <PresentationInfo order="{key}" flags="{flags},OrderSet" color="12345"/>
      <Controllable name="solo" id="{key}1" flags="Toggle,RealTime" value="0" self-solo="0"/>
      <IO name="{name}" id="{key}2" direction="Input" default-type="audio">{ins}</IO>
      <IO name="{name}" id="{key}3" direction="Output" default-type="audio">{outs}
      </IO>
      <MuteMaster mute-point="PostFader,Listen,Main" muted="{int(muted)}"/>
      <Controllable name="mute" id="{key}4" flags="Toggle,RealTime" value="{int(muted)}"/>
      <Controllable name="phase" id="{key}5" flags="Toggle" value="0" phase-invert="{"0" * channels}"/>
      <Pannable>
        <Controllable name="pan-azimuth" id="{key}6" flags="" value="0.5"/>
        <Controllable name="pan-width" id="{key}7" flags="" value="1"/>
        <Automation>
          <AutomationList automation-id="pan-azimuth" id="{key}8" interpolation-style="Linear" state="Off"/>
        </Automation>
      </Pannable>
      <Processor id="{key}9" name="Polarity" active="1" type="polarity"/>
      <Processor id="{key}10" name="Amp" active="1" type="trim">
        <Controllable name="trimcontrol" id="{key}11" flags="GainLike" value="1"/>
      </Processor>{extra}
      <Processor id="{key}12" name="Amp" active="1" type="amp">{
        fader
        or f'''
        <Automation>
          <AutomationList automation-id="gain" id="{key}13" interpolation-style="Exponential" state="Off"/>
        </Automation>'''
    }
        <Controllable name="gaincontrol" id="{key}14" flags="GainLike" value="0.5"/>
      </Processor>
      <Processor id="{key}15" name="meter-{name}" active="1" type="meter"/>
      <Processor id="{key}16" name="{name}" active="1" own-input="1" own-output="0" output="{
        name
    }" type="main-outs" role="Main">
        <PannerShell bypassed="0" user-panner="" linked-to-route="1">
          <Panner uri="http://ardour.org/plugin/{panner}" type="Something"/>
        </PannerShell>
      </Processor>
      <Slavable/>
    </Route>"""


#: A plugin of the user's that nobody but Ardour knows.
USERS_PLUGIN = """
      <Processor id="77001" name="Magic Chorus" active="1" type="lv2" unique-id="urn:someone:chorus" count="1">
        <Automation/>
        <ConfiguredOutput><Channels type="audio" count="1"/></ConfiguredOutput>
        <lv2 last-preset-uri=""><Port symbol="depth" value="0.30000001192092896"/></lv2>
        <!-- a remark of the user's -->
      </Processor>"""

MOVES = """
        <Automation>
          <AutomationList automation-id="gain" id="990013" interpolation-style="Exponential" state="Play">
            <events>a0 0.5
a282240000 1
</events>
          </AutomationList>
        </Automation>"""


def region_xml(
    key: int, sources: str, *, start: int = 0, length: int = 48000, position: int = 0, more: str = ""
) -> str:
    """A region of version 7: times in samples at 48 kHz."""
    clocks = [value * 5880 for value in (start, length, position)]
    names = sources.split()
    links = " ".join(f'source-{n}="{one}" master-source-{n}="{one}"' for n, one in enumerate(names))
    inner = '<Envelope default="yes"/><FadeIn default="yes"/><FadeOut default="yes"/>'
    fades = "" if "fade-in-active" in more else 'fade-in-active="0" fade-out-active="0"'
    return (
        f'<Region name="r{key}" id="{key}" type="audio" start="a{clocks[0]}" length="a{clocks[1]}@a{clocks[2]}" '
        f'channels="{len(names)}" {links} {fades} {more}>{inner}</Region>'
    )


def foreign_session(folder: Path, name: str = "song") -> Path:
    """A session in the manner of Ardour 7's own: a group, a return with a send, a MIDI track, an inactive track."""
    send = """
      <Processor id="66001" name="Hall" active="1" type="intsend" role="Aux" bitslot="1" target="60">
        <PannerShell bypassed="0" user-panner="" linked-to-route="1"/>
        <Controllable name="gaincontrol" id="66002" flags="GainLike" value="0.25"/>
      </Processor>"""
    master = strip_xml(10, "Master", channels=2, flags="MasterOut").replace(
        'name="Master/audio_in 1"><Connection other="system:capture_1"/>',
        'name="Master/audio_in 1"><Connection other="Bass/audio_out 1"/><Connection other="Drums/audio_out 1"/>',
    )
    routes = [
        master.replace("Master/audio_in 1\"/>\n        </Port>", "system:playback_1\"/>\n        </Port>"),
        strip_xml(20, "Kick", to="Drums", playlist=201, extra=USERS_PLUGIN),
        strip_xml(30, "OH", channels=2, to="Drums", playlist=301),
        strip_xml(40, "Bass", playlist=401).replace('id="4015"', 'id="4015"').replace(
            '\n      <Processor id="4015"', f'{send}\n      <Processor id="4015"'
        ),
        strip_xml(45, "Vox", playlist=451, fader=MOVES),
        strip_xml(50, "Drums", channels=2, flags="AudioBus"),
        strip_xml(60, "Hall", channels=2, flags="AudioBus"),
        strip_xml(70, "Old take", playlist=701, active=False),
        strip_xml(80, "Piano", flags="MidiTrack", playlist=801),
    ]  # fmt: skip
    sources = "".join(
        f'<Source name="{file}" take-id="" type="{kind}" flags="{flags}" id="{key}" channel="{channel}" '
        f'origin="{origin}" gain="1"/>'
        for key, file, channel, origin, kind, flags in (
            (1, "kick.wav", 0, "", "audio", "Writable,Removable"),
            (2, "oh%L.wav", 0, "", "audio", "Writable"),
            (3, "oh%R.wav", 0, "", "audio", "Writable"),
            (4, "bass.flac", 0, "/elsewhere/bass.flac", "audio", ""),
            (5, "vox.wav", 0, "/elsewhere/vox.wav", "audio", ""),
            (6, "vox.wav", 1, "/elsewhere/vox.wav", "audio", ""),
            (7, "piano.mid", 0, "", "midi", ""),
        )
    )
    playlists = {
        201: region_xml(2001, "1", length=96000)
        + region_xml(2002, "1", start=4800, position=120000, more='scale-amplitude="0.5"'),
        301: region_xml(3001, "2 3", position=4800),
        401: region_xml(4001, "4", more='fade-in-active="1" fade-out-active="0"'),
        451: region_xml(4501, "5 6") + region_xml(4502, "6", position=96000, more='scale-amplitude="-1"'),
        701: region_xml(7001, "1"),
        801: region_xml(8001, "7").replace('type="audio"', 'type="midi"'),
    }  # fmt: skip
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<Session version="7002" name="{name}" sample-rate="48000" id-counter="100000" event-counter="0">
  <ProgramVersion created-with="Ardour 7.3.0" modified-with="Ardour 7.3.0"/>
  <!-- kept -->
  <Config>
    <Option name="native-file-data-format" value="FormatFloat"/>
    <Option name="audio-search-path" value=""/>
  </Config>
  <Sources>{sources}</Sources>
  <Regions/>
  <Locations>
    <Location id="91" name="session" start="a0" end="a282240000" flags="IsSessionRange"/>
    <Location id="92" name="Chorus &amp; more" start="a141120000" end="a141120000" flags="IsMark"/>
    <Location id="93" name="Verse" start="a0" end="a564480000" flags="IsRangeMarker"/>
  </Locations>
  <Routes>{"".join(routes)}
  </Routes>
  <Playlists>{
        "".join(
            f'<Playlist id="{key}" name="p{key}" type="audio">{inner}</Playlist>'
            for key, inner in playlists.items()
        )
    }</Playlists>
  <TempoMap superclocks-per-second="282240000">
    <Tempos><Tempo npm="100" enpm="100" note-type="4" sclock="0" quarters="0:0"/>
    <Tempo npm="150" enpm="150" note-type="4" sclock="677376000" quarters="4:0"/></Tempos>
    <Meters><Meter note-value="8" divisions-per-bar="6" sclock="0" quarters="0:0"/></Meters>
  </TempoMap>
  <Unheard of="anything"><Deep>text</Deep></Unheard>
</Session>
"""
    path = folder / name / f"{name}.ardour"
    (path.parent / "interchange" / name / "audiofiles").mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
