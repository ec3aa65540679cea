"""What mixbridge brings into REAPER itself: the JSFX channel strip, the ReaScript, and their ReaPack index."""
