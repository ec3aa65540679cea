"""What a patch leaves in a project so that the next one can take it back: names, and comments with the old values.

An element that mixbridge adds has a name that begins with "mixbridge ". A value that it changes keeps the one
before in the element's comment, "mixbridge: 0.659 -> 0.5": taking a patch back sets that value again, unless
somebody has changed it since. A container that it had to make holds an XML comment.
"""

import re

from lxml import etree

from exporters.dawproject.elements import MARK
from exporters.dawproject.units import Element, as_number

_CHANGED = re.compile(rf"{MARK}: (\S*) -> (\S*)(?: \| (.*))?", re.DOTALL)
_MADE = f" {MARK} "
#: The comment of a bus of ours that the mix has no use for: it sums and plays nothing.
_IDLE = f"{MARK}: idle"
_ABSENT = "(none)"
#: The order of a channel's parts in the schema.
_PARTS = ("Devices", "Mute", "Pan", "Sends", "Volume")


def is_ours(element: Element) -> bool:
    """Whether mixbridge added an element to a project."""
    return str(element.get("name", "")).startswith(f"{MARK} ")


def change(element: Element, value: str, attribute: str = "value") -> bool:
    """Set an attribute and keep what it was; whether it was another."""
    before = element.get(attribute)
    same_number = as_number(before) is not None and as_number(before) == as_number(value)
    if before == value or same_number:
        return False
    comment = element.get("comment")
    kept = _ABSENT if before is None or not before or " " in before else before
    element.set("comment", f"{MARK}: {kept} -> {value}" + (f" | {comment}" if comment else ""))
    element.set(attribute, value)
    return True


def set_idle(track: Element) -> None:
    """Say of a bus of ours that the mix does not have it."""
    comment = track.get("comment")
    track.set("comment", _IDLE + (f" | {comment}" if comment else ""))


def is_idle(track: Element | None) -> bool:
    """Whether the mix does not have a bus of ours."""
    return track is not None and str(track.get("comment", "")).startswith(_IDLE)


def container(channel: Element, tag: str) -> Element:
    """A channel's Devices or Sends, made where it has none."""
    found = channel.find(tag)
    if found is None:
        found = _insert(channel, tag)
        found.append(etree.Comment(_MADE))
    return found


def parameter(channel: Element, tag: str, **attributes: str) -> Element:
    """A channel's Mute, Pan or Volume, made without a value where it has none."""
    found = channel.find(tag)
    if found is None:
        found = _insert(channel, tag)
        for key, value in attributes.items():
            found.set(key, value)
    return found


def _insert(channel: Element, tag: str) -> Element:
    later = _PARTS[_PARTS.index(tag) + 1 :]
    index = next((place for place, one in enumerate(channel) if one.tag in later), len(channel))
    made = channel.makeelement(tag)
    channel.insert(index, made)
    return made


def take_back(root: Element) -> None:
    """Undo every patch that a project holds."""
    for element in list(root.iter(etree.Element)):
        comment = element.get("comment")
        if comment is not None and is_idle(element):
            _set(element, "comment", comment.removeprefix(_IDLE).removeprefix(" | ") or None)
        if comment is not None and (found := _CHANGED.fullmatch(comment)) is not None:
            _restore(element, *found.groups())
    gone = _remove_ours(root)
    for channel in root.iter("Channel"):
        # A comment that a DAW has dropped: where our group went, its members go.
        if (place := channel.get("destination")) in gone:
            _set(channel, "destination", gone[place])
    for comment in list(root.iter(etree.Comment)):
        made = comment.getparent()
        if comment.text == _MADE and made is not None:
            _detach(comment)
            if not len(made) and made.getparent() is not None:
                _detach(made)


def _restore(element: Element, before: str, after: str, comment: str | None) -> None:
    attribute = "destination" if element.tag == "Channel" else "value"
    if element.get(attribute) == after:
        if before == _ABSENT and element.tag in ("Mute", "Pan", "Volume"):
            _detach(element)
            return
        _set(element, attribute, None if before == _ABSENT else before)
    _set(element, "comment", comment)


def _set(element: Element, attribute: str, value: str | None) -> None:
    if value is None:
        element.attrib.pop(attribute, None)
    else:
        element.set(attribute, value)


def _remove_ours(root: Element) -> dict[str, str | None]:
    """Take away every element of ours; the ids of channels that went, with where they sounded."""
    ours = [one for one in root.iter(etree.Element) if is_ours(one)]
    gone: dict[str, str | None] = {}
    for element in ours:
        for channel in element.iter("Channel"):
            if channel.get("id") is not None:
                gone[channel.get("id")] = channel.get("destination")
    for element in ours:
        if element.getparent() is not None and element is not root:
            _detach(element)
    for send in list(root.iter("Send")):
        if send.get("destination") in gone:
            _detach(send)
    return gone


def _detach(element: Element) -> None:
    """Take a node out of its parent; the white space behind it stays."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail
    if tail:
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
    element.tail = None
    parent.remove(element)
