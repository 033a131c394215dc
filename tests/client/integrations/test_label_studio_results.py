"""Labels as Label Studio's results and back, by shapes that were recorded from version 1.23.2."""

import subprocess
import sys

import pytest
from querist.integrations.label_studio import Control, control_of, of_result, to_result
from querist.integrations.shapes import Box, Span

CONFIG = """<View>
  <Text name="text" value="$t"/>
  <Choices name="c" toName="text" choice="single"><Choice value="a"/><Choice value="b"/></Choices>
  <Choices name="m" toName="text" choice="multiple"><Choice value="x"/><Choice alias="y" value="why"/></Choices>
  <Labels name="l" toName="text"><Label value="P"/></Labels>
  <Image name="i" value="$img"/>
  <RectangleLabels name="r" toName="i"><Label value="cat"/></RectangleLabels>
</View>"""
CHOICE = [{"from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}]
CHOICES = [{"from_name": "m", "to_name": "text", "type": "choices", "value": {"choices": ["x", "y"]}}]
SPANS = [{"id": "q0", "from_name": "l", "to_name": "text", "type": "labels", "value": {"start": 0, "end": 3, "labels": ["P"]}}]
BOXES = [
    {
        "id": "q0",
        "from_name": "r",
        "to_name": "i",
        "type": "rectanglelabels",
        "image_rotation": 0,
        "value": {"x": 1.5, "y": 2.0, "width": 10.0, "height": 20.0, "rotation": 0.0, "rectanglelabels": ["cat"]},
    }
]
KINDS = [("c", "a", CHOICE), ("m", ("x", "y"), CHOICES), ("l", (Span(0, 3, "P"),), SPANS), ("r", (Box(1.5, 2, 10, 20, "cat"),), BOXES)]


def test_the_configuration_says_what_may_be_given():
    assert control_of(CONFIG, "c") == Control("c", "text", "choices", ("a", "b"), multiple=False)
    assert control_of(CONFIG, "m") == Control("m", "text", "choices", ("x", "y"), multiple=True)
    assert control_of(CONFIG, "r") == Control("r", "i", "rectanglelabels", ("cat",), multiple=False)


@pytest.mark.parametrize("name", [None, "text", "z"])
def test_one_tag_has_to_be_meant(name):
    with pytest.raises(ValueError, match=r"it has c \(Choices\), m \(Choices\), l \(Labels\), r \(RectangleLabels\)"):
        control_of(CONFIG, name)


@pytest.mark.parametrize(("name", "label", "result"), KINDS)
def test_there_and_back(name, label, result):
    control = control_of(CONFIG, name)
    assert to_result(control, label) == result
    assert of_result(control, result) == label


@pytest.mark.parametrize(("name", "label", "result"), KINDS)
def test_results_of_other_tags_are_not_mine(name, label, result):
    control = control_of(CONFIG, name)
    others = [region for other, _, regions in KINDS if other != name for region in regions]
    assert of_result(control, others) is None
    assert of_result(control, [*others, *result]) == label


def test_what_people_drew_in_the_page():
    """The page adds ids, the origin, the sizes of images and the words of a text."""
    control = control_of(CONFIG, "r")
    drawn = {**BOXES[0], "id": "bkz3f", "origin": "manual", "original_width": 600, "original_height": 403}
    drawn["value"] = {**drawn["value"], "rectanglelabels": ["cat"], "rotation": 12.5}
    assert of_result(control, [drawn]) == (Box(1.5, 2, 10, 20, "cat", 12.5),)
    control = control_of(CONFIG, "l")
    marked = {**SPANS[0], "value": {"start": 3, "end": 5, "text": "lo", "labels": ["P", "Q"]}}
    assert of_result(control, [marked]) == (Span(3, 5, "P"), Span(3, 5, "Q"))


def test_several_choices_have_one_order():
    control = control_of(CONFIG, "m")
    said = [{**CHOICES[0], "value": {"choices": ["gone", "y", "x"]}}]
    assert of_result(control, said) == ("x", "y", "gone")


def test_nothing():
    assert to_result(control_of(CONFIG, "l"), ()) == []
    assert to_result(control_of(CONFIG, "m"), ()) == []
    assert of_result(control_of(CONFIG, "c"), []) is None


@pytest.mark.parametrize(
    ("name", "label", "words"),
    [
        ("c", "z", "c has no label 'z'; it has a, b"),
        ("c", ("a", "b"), "c takes one choice; there are 2: a, b"),
        ("c", (Span(0, 1, "a"),), "c is a Choices tag and takes str"),
        ("l", "P", "l is a Labels tag and takes Span"),
        ("l", (Box(0, 0, 1, 1, "P"),), "l is a Labels tag and takes Span"),
        ("r", (Box(0, 0, 1, 1, "dog"),), "r has no label 'dog'; it has cat"),
    ],
)
def test_labels_that_do_not_fit(name, label, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        to_result(control_of(CONFIG, name), label)


@pytest.mark.parametrize("ends", [(3, 3), (3, 2), (-1, 2)])
def test_spans_that_are_none(ends):
    with pytest.raises(ValueError, match=f"from {ends[0]} to {ends[1]}"):
        Span(*ends, "P")


@pytest.mark.parametrize("place", [(90, 0, 20, 5), (0, -1, 5, 5), (0, 0, 0, 5), (0, 0, 5, float("nan"))])
def test_boxes_that_are_none(place):
    with pytest.raises(ValueError, match="per cent of the image"):
        Box(*place, "cat")


def test_pixels():
    assert Box(10, 20, 30, 40, "cat").pixels(200, 100) == (20, 20, 80, 60)
    with pytest.raises(ValueError, match="turned by 5 degrees"):
        Box(10, 20, 30, 40, "cat", 5).pixels(200, 100)


def test_without_httpx_the_extra_is_named():
    program = "import sys; sys.modules['httpx'] = None; import querist.integrations.label_studio"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert said.stderr.splitlines()[-1] == "ImportError: querist.integrations.label_studio needs httpx: pip install 'querist[label-studio]'"
