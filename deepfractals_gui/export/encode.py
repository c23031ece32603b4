"""Frames to an MP4 that every player knows: H.264, 4:2:0, BT.709."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from deepfractals_gui.core import Array
from deepfractals_gui.session.files import FileError, one_line

_BT709 = 1


class VideoWriter:
    """Encodes uint8 RGB frames of shape (H, W, 3) into an MP4 file.

    Raises
    ------
    FileError   the file can't be written, or the encoder isn't there
    """

    def __init__(self, path: Path, shape: tuple[int, int], fps: int, crf: int, preset: str) -> None:
        self._frames = 0
        try:
            # The index goes to the front, so that a player can begin before it has all.
            self._container: Any = av.open(
                str(path), "w", format="mp4", options={"movflags": "+faststart"}
            )
            stream = self._container.add_stream(
                "libx264", rate=fps, options={"crf": str(crf), "preset": preset}
            )
        except av.error.FFmpegError as error:
            raise _file_error(error) from None
        stream.height, stream.width = shape
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG
        self._stream = stream

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
            return
        # The file is thrown away: what is left to write can't matter any more.
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError):
            return

    def write(self, rgb: Array) -> None:
        """Append a frame (H, W, 3) uint8 whose first row is the upper one."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame = frame.reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
        )
        frame.pts = self._frames
        self._frames += 1
        self._mux(frame)

    def close(self) -> None:
        """Write what the encoder still holds, and the index."""
        self._mux(None)
        try:
            self._container.close()
        except av.error.FFmpegError as error:
            raise _file_error(error) from None

    def _mux(self, frame: av.VideoFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except av.error.FFmpegError as error:
            raise _file_error(error) from None


def count_frames(path: Path) -> int:
    """Open a movie anew and count the frames in it; 0 where it can't be read."""
    try:
        with av.open(str(path), "r") as container:
            stream = container.streams.video[0]
            return sum(1 for packet in container.demux(stream) if packet.size)
    except (av.error.FFmpegError, IndexError):
        return 0


def _file_error(error: Any) -> OSError:
    if isinstance(error, OSError) and error.errno:
        return OSError(error.errno, error.strerror)
    return FileError(one_line(f"the movie can't be encoded: {error}"))
