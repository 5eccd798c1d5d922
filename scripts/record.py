"""Records a command in a terminal as an animated SVG: the picture in the README.

    python scripts/record.py --out docs/train.svg --typed "lepton-gpu train photos/" -- target/release/lepton-gpu train photos/

The command really runs, in a pseudo-terminal of the given size; what it prints is read with its times, put on a screen (pyte, a
terminal emulator: `pip install pyte`) and drawn, a frame for each change. `--typed` is shown as the line that was typed, in place of
the command. Pauses longer than `--pause` seconds are cut to that length, and `--speed` divides all times: say so beside the picture.
"""
import argparse
import fcntl
import html
import os
import pathlib
import pty
import select
import struct
import subprocess
import termios
import time

import pyte

FRAME = 0.1  # seconds: changes closer together are one frame
LETTER, LINE = 8.4, 19  # pixels
MARGIN = 16
COLOURS = {
    "default": "#d6d6d6", "black": "#666", "red": "#f2777a", "green": "#99cc99", "brown": "#ffcc66", "blue": "#6699cc",
    "magenta": "#cc99cc", "cyan": "#66cccc", "white": "#fff",
}
BACKGROUND = "#1e1e1e"


def run(command, columns, rows):
    """(seconds since the start, bytes) of all that a command prints, and its exit code."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = dict(os.environ, TERM="xterm-256color", COLUMNS=str(columns), LINES=str(rows))
    start, printed = time.monotonic(), []
    child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True)
    os.close(slave)
    while True:
        ready, _, _ = select.select([master], [], [], 0.05)
        if not ready and child.poll() is not None:
            break
        if ready:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux: the other end is closed
                break
            if not data:
                break
            printed.append((time.monotonic() - start, data))
    return printed, child.wait()


def line_of(screen, row):
    """A line as (text, colour, bold) runs, without blanks at its end."""
    runs = []
    for column in range(screen.columns):
        cell = screen.buffer[row][column]
        look = (cell.fg if cell.fg in COLOURS else "default", cell.bold)
        if runs and runs[-1][1:] == look:
            runs[-1] = (runs[-1][0] + cell.data, *look)
        else:
            runs.append((cell.data, *look))
    while runs and not runs[-1][0].strip():
        runs.pop()
    if runs:
        runs[-1] = (runs[-1][0].rstrip(), *runs[-1][1:])
    return tuple(runs)


def frames_of(printed, typed, columns, rows):
    """(seconds, lines) of each picture that differs from the one before."""
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    frames = []

    def show(at):
        lines = tuple(line_of(screen, row) for row in range(rows))
        if not frames or frames[-1][1] != lines:
            frames.append((at, lines))

    stream.feed(b"$ ")
    show(0)
    for i, letter in enumerate(typed):
        stream.feed(letter.encode())
        if i % 2:
            show(0.5 + 0.05 * i)
    begin = 1.0 + 0.05 * len(typed)
    stream.feed(b"\r\n")
    for i, (at, data) in enumerate(printed):
        stream.feed(data)
        if i + 1 == len(printed) or printed[i + 1][0] - at > FRAME / 2:
            show(begin + at)
    return frames


def timed(frames, pause, speed, typing):
    """The same with cut pauses and divided times; what is typed keeps its own."""
    now, before, result = 0.0, 0.0, []
    for at, lines in frames:
        step = at - before
        now += step if at <= typing else max(min(step, pause * speed) / speed, 0.04)
        before = at
        result.append((now, lines))
    return result


def merged(frames):
    """The last of the frames that are closer together than FRAME."""
    return [frame for i, frame in enumerate(frames) if i + 1 == len(frames) or frames[i + 1][0] - frame[0] >= 0.03]


def draw(frames, columns, rows, hold, title):
    width, height = columns * LETTER + 2 * MARGIN, rows * LINE + 2 * MARGIN
    ids, drawn = {}, []
    for _, lines in frames:
        for line in lines:
            if line and line not in ids:
                ids[line] = f"l{len(ids)}"
                x, spans = 0, []
                for text, colour, bold in line:
                    style = ("" if colour == "default" else f' class="{colour}"') + (' font-weight="bold"' if bold else "")
                    # where a run starts and how long it is, so that a font with other widths moves nothing
                    if text.strip():
                        place = f'x="{x * LETTER:.1f}" textLength="{len(text) * LETTER:.1f}"'
                        spans.append(f"<tspan {place}{style}>{html.escape(text, quote=False)}</tspan>")
                    x += len(text)
                drawn.append(f'<text id="{ids[line]}" xml:space="preserve">{"".join(spans)}</text>')
    whole = frames[-1][0] + hold
    keys, pictures = [], []
    for i, (at, lines) in enumerate(frames):
        keys.append(f"{100 * at / whole:.3f}%{{transform:translateY({-i * height:.0f}px)}}")
        uses = "".join(f'<use href="#{ids[line]}" y="{row * LINE}"/>' for row, line in enumerate(lines) if line)
        pictures.append(f'<g transform="translate({MARGIN} {i * height + MARGIN + 14:.0f})">{uses}</g>')
    colours = "".join(f".{name}{{fill:{value}}}" for name, value in COLOURS.items() if name != "default")
    style = (
        f"text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:{COLOURS['default']};white-space:pre}}{colours}"
        f"@keyframes f{{{''.join(keys)}}}#f{{animation:f {whole:.2f}s step-end infinite}}"
        # who wants no motion sees the last picture
        f"@media (prefers-reduced-motion:reduce){{#f{{animation:none;transform:translateY({-(len(frames) - 1) * height:.0f}px)}}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img">'
        f"<title>{html.escape(title)}</title><style>{style}</style><defs>{''.join(drawn)}</defs>"
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/><g id="f">{"".join(pictures)}</g></svg>\n'
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--typed", required=True, help="the line that is shown as typed")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--speed", type=float, default=1, help="divides all times")
    parser.add_argument("--pause", type=float, default=1.5, help="seconds of the longest pause that is shown")
    parser.add_argument("--hold", type=float, default=6, help="seconds for which the last picture stays")
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    printed, code = run(args.command, args.columns, args.rows)
    frames = frames_of(printed, args.typed, args.columns, args.rows)
    typing = 1.0 + 0.05 * len(args.typed)
    frames = merged(timed(frames, args.pause, args.speed, typing))
    picture = draw(frames, args.columns, args.rows, args.hold, args.typed)
    args.out.write_text(picture)
    print(f"{args.out}: {len(picture)} bytes, {len(frames)} frames, {printed[-1][0]:.0f} s recorded, {frames[-1][0]:.0f} s shown; exit code {code}")


if __name__ == "__main__":
    main()
