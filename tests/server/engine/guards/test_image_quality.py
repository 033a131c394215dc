import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.guards.image_quality import ImageQuality
from querist_server.engine.plan import Plan
from querist_server.engine.scores.random import Random
from scipy import ndimage
from scipy.stats import median_abs_deviation


def photos(rng, rows=60, side=(16, 12)):
    """Return images of blocks, sharp at their edges."""
    coarse = rng.integers(40, 216, (rows, side[0] // 4, side[1] // 4))
    noise = rng.integers(-20, 20, (rows, *side))
    return np.clip(coarse.repeat(4, axis=1).repeat(4, axis=2) + noise, 0, 255).astype(np.uint8)


def guarded(thumbnails, pieces=None, **parameters):
    chosen = select(Plan(Random(), Top(), guards=(ImageQuality(**parameters),)), {"thumbnails": thumbnails}, pieces=pieces)
    return dict(zip(chosen.guarded_indices.tolist(), chosen.guarded_reasons, strict=True))


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("pieces", [None, 7])
def test_each_kind_of_junk_is_named(rng, colour, pieces):
    images = photos(rng)
    images[3] = rng.integers(0, 6, images[3].shape)
    images[9] = 255 - rng.integers(0, 6, images[9].shape)
    images[20] = 128
    images[41] = ndimage.gaussian_filter(images[41].astype(float), 1.5)
    sent = np.repeat(images[..., None], 3, axis=3) if colour else images
    assert guarded(sent, pieces) == {3: "TOO_DARK", 9: "TOO_BRIGHT", 20: "BLANK", 41: "BLURRED"}


def test_measures_equal_scipys(rng):
    images = photos(rng, rows=40)
    images[5] = ndimage.gaussian_filter(images[5].astype(float), 4)
    chosen = select(Plan(Random(), Top(), guards=(ImageQuality(blur_z=0.5),)), {"thumbnails": images})
    shades = images / 255
    edges = np.array([ndimage.laplace(image)[1:-1, 1:-1].var() / image.var() for image in shades])
    z = (np.log(edges) - np.median(np.log(edges))) / (1.4826 * median_abs_deviation(np.log(edges)))
    assert chosen.guarded_indices.tolist() == np.flatnonzero(z < -0.5).tolist()
    np.testing.assert_allclose(chosen.guarded_values, z[z < -0.5], rtol=1e-3)


def test_colours_count_as_the_eye_sees_them():
    colours = np.zeros((3, 4, 4, 3), np.uint8)
    for channel in range(3):
        colours[channel, :, :2, channel] = 255
    from querist_server.engine.kernels import images

    mean, _ = images.mean_and_deviation(images.brightness(colours))
    np.testing.assert_allclose(mean * 2, [0.299, 0.587, 0.114], atol=1e-6)


@pytest.mark.parametrize("side", [(1, 2), (2, 5), (5, 2)])
def test_images_too_small_for_edges_are_never_blurred(rng, side):
    sent = rng.integers(60, 200, (30, *side)).astype(np.uint8)
    assert set(guarded(sent, blank=0.0).values()) <= {"BLANK"}


def test_entirely_black_at_a_threshold_of_0(rng):
    images = photos(rng, rows=10)
    images[2], images[3] = 0, 1
    assert guarded(images, dark=0.0, blank=0.0) == {2: "TOO_DARK", 3: "BLANK"}


def test_pixels_are_bytes(rng):
    with pytest.raises(EngineError) as caught:
        select(Plan(Random(), Top(), guards=(ImageQuality(),)), {"embeddings": rng.random((3, 2))})
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "thumbnails")
