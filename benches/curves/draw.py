"""Two loss curves over steps as a picture, and their relative difference below."""
import math

from PIL import Image, ImageDraw, ImageFont

SIZE, LEFT, RIGHT = (1100, 760), 90, 20
COLOURS = {"torch": (200, 90, 30), "lepton_gpu": (30, 90, 180), "torch_disturbed": (150, 150, 150)}
NAMES = {"torch": "PyTorch", "lepton_gpu": "lepton-gpu", "torch_disturbed": "PyTorch, weights disturbed"}
GREY, BLACK = (225, 225, 225), (40, 40, 40)


def font(size):
    return ImageFont.load_default(size)


class Panel:
    def __init__(self, image, box, steps, low, high, logarithmic):
        self.draw, self.box, self.steps, self.logarithmic = image, box, steps, logarithmic
        self.low, self.high = (math.log10(low), math.log10(high)) if logarithmic else (low, high)

    def at(self, step, value):
        left, top, right, bottom = self.box
        if self.logarithmic:
            value = math.log10(max(value, 1e-12))
        share = min(max((value - self.low) / (self.high - self.low), 0), 1)
        return left + (right - left) * step / self.steps, bottom - (bottom - top) * share

    def axes(self, title, ticks, label):
        left, top, right, bottom = self.box
        for tick in ticks:
            y = self.at(0, tick)[1]
            self.draw.line([(left, y), (right, y)], fill=GREY)
            self.draw.text((left - 8, y), label(tick), fill=BLACK, font=font(14), anchor="rm")
        for step in range(0, self.steps + 1, max(1, self.steps // 10)):
            x = self.at(step, 10 ** self.low if self.logarithmic else self.low)[0]
            self.draw.line([(x, top), (x, bottom)], fill=GREY)
            self.draw.text((x, bottom + 6), str(step), fill=BLACK, font=font(14), anchor="mt")
        self.draw.rectangle(self.box, outline=BLACK)
        self.draw.text((left, top - 8), title, fill=BLACK, font=font(16), anchor="lb")

    def curve(self, steps, values, colour, width):
        self.draw.line([self.at(step, value) for step, value in zip(steps, values)], fill=colour, width=width, joint="curve")


def draw(result, smoothed, path):
    image = Image.new("RGB", SIZE, "white")
    pen, losses = ImageDraw.Draw(image), result["losses"]
    ends, done = [], 0
    for steps in result["steps_of_each_value"]:
        done += steps
        ends.append(done)
    every = [value for values in losses.values() for value in values]
    high = math.ceil(10 * max(every)) / 10
    low = math.floor(10 * min(every)) / 10
    title = (f"{result['model']}: training loss, batch {result['batch']}, learning rate {result['learning_rate']:.4g}"
             " (thin: every step; thick: mean of 10)")
    top = Panel(pen, (LEFT, 40, SIZE[0] - RIGHT, 460), done, low, high, False)
    top.axes(title, [low + i * (high - low) / 6 for i in range(7)], lambda tick: f"{tick:.2f}")
    thin = {name: tuple((c + 2 * 255) // 3 for c in colour) for name, colour in COLOURS.items()}
    for name in ("torch", "lepton_gpu"):
        top.curve(ends, losses[name], thin[name], 1)
    for name, width in (("torch", 6), ("lepton_gpu", 2)):
        top.curve(ends[9:], smoothed(losses[name]), COLOURS[name], width)
    below = Panel(pen, (LEFT, 510, SIZE[0] - RIGHT, 725), done, 1e-8, 1.0, True)
    below.axes("relative difference from PyTorch, every step (red: 1 %)", [10.0 ** e for e in range(-8, 1, 2)],
               lambda tick: f"{tick:.0e}")
    goal = below.at(0, 0.01)[1]
    pen.line([(LEFT, goal), (SIZE[0] - RIGHT, goal)], fill=(220, 40, 40), width=2)
    others = [name for name in ("torch_disturbed", "lepton_gpu") if name in losses]
    for name in others:
        below.curve(ends, [abs(a - b) / abs(b) for a, b in zip(losses[name], losses["torch"])], COLOURS[name], 2)
    for i, name in enumerate(name for name in NAMES if name in losses):
        x = SIZE[0] - RIGHT - 190
        y = 60 + 22 * i
        if name == "torch_disturbed":
            x, y = LEFT + 20, 530
        pen.line([(x, y), (x + 30, y)], fill=COLOURS[name], width=4)
        pen.text((x + 38, y), NAMES[name], fill=BLACK, font=font(14), anchor="lm")
    image.save(path, optimize=True)
