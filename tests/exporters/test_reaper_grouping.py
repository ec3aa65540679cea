"""Which folder or bus of a project sums a group: the fast search against one that follows every track up."""

from hypothesis import given, settings
from hypothesis import strategies as st
from reaper_cases import project_text, track_text

from exporters.reaper.grouping import find_homes
from exporters.reaper.rpp import parse
from exporters.reaper.tracks import TOP, FileTrack, list_tracks, open_folders, resolve_sums


@st.composite
def projects(draw: st.DrawFn) -> list[FileTrack]:
    """Tracks in folders of any depth, some with sends in place of parent sends."""
    count = draw(st.integers(1, 14))
    texts = []
    for index in range(count):
        bus = draw(st.sampled_from(("0 0", "0 0", "1 1", "2 -1", "2 -2", "2 -9")))
        sent = draw(st.booleans()) and draw(st.booleans())
        lines = [f"ISBUS {bus}", f"MAINSEND {int(not sent)} 0"]
        for source in draw(st.lists(st.integers(0, count), max_size=2, unique=True)):
            lines.append(f"AUXRECV {source} 0 1 0 0 0 0 0 0 -1:U 0 -1 ''")
        texts.append(track_text(f"{{{index}}}", f"t{index}", "\n".join(lines)))
    root = parse(project_text(*texts)).node("REAPER_PROJECT")
    assert root is not None
    return list_tracks(root)


def folder_tree(tracks: list[FileTrack]) -> list[list[int]]:
    """For every track the folders around it, innermost first, by counting depth alone."""
    around: list[list[int]] = []
    stack: list[int] = []
    for index, track in enumerate(tracks):
        around.append(stack[::-1])
        words = next(iter(track.node.rows("ISBUS")))
        if words[0] == "1":
            stack.append(index)
        elif int(words[1]) < 0:
            stack = stack[: max(len(stack) + int(words[1]), 0)]
    return around


@given(projects())
@settings(max_examples=150)
def test_folders_are_nested_as_their_depths_say(tracks: list[FileTrack]) -> None:
    around = folder_tree(tracks)
    for track, folders in zip(tracks, around, strict=True):
        assert track.parent == (folders[0] if folders else TOP)
        inside = [index for index, others in enumerate(around) if track.index in others]
        assert list(range(track.index + 1, track.end)) == inside
    last = next(iter(tracks[-1].node.rows("ISBUS")))
    depth = len(around[-1]) + (last[0] == "1")
    assert open_folders(tracks) == (depth if last[0] == "1" else max(depth + min(int(last[1]), 0), 0))


@given(projects())
@settings(max_examples=150)
def test_sums_never_go_in_a_circle(tracks: list[FileTrack]) -> None:
    sums, circular = resolve_sums(tracks)
    for start in range(len(tracks)):
        at, steps = start, 0
        while at != TOP:
            at, steps = sums[at], steps + 1
            assert steps <= len(tracks)
    for index in circular:
        assert sums[index] == TOP


@given(st.data())
@settings(max_examples=300)
def test_the_home_of_a_group_sums_its_members_and_no_other_track_of_the_mix(data: st.DataObject) -> None:
    tracks = data.draw(projects())
    sums, _ = resolve_sums(tracks)
    groups = data.draw(
        st.lists(st.sampled_from(("", "a", "b", "out")), min_size=len(tracks), max_size=len(tracks))
    )
    members: dict[str, list[int]] = {"a": [], "b": [], "": []}
    for index, group in enumerate(groups):
        if group != "out" and not tracks[index].folder:
            members[group].append(index)
    known = sorted(index for indices in members.values() for index in indices)
    around = folder_tree(tracks)

    def arrives(index: int, folder: int) -> bool:
        """Whether the track's sound gets to the folder by parent sends alone."""
        way = [index, *around[index][: around[index].index(folder)]]
        return all(tracks[step].main_send for step in way)

    def serves(bus: str, home: int) -> bool:
        if tracks[home].folder:
            inside = [index for index in known if home in around[index]]
            return inside == members[bus] and all(arrives(index, home) for index in inside)
        fed = [index for index in known if not tracks[index].main_send and sums[index] == home]
        return fed == members[bus]

    homes = find_homes(members, tracks, sums)
    assert len(set(homes.values())) == len(homes)
    for bus, home in homes.items():
        assert serves(bus, home)
    for bus in ("a", "b"):
        if bus not in homes and members[bus]:
            free = set(range(len(tracks))) - set(homes.values())
            assert not any(serves(bus, home) for home in free)
