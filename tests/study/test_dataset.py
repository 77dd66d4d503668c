"""Images are checked before use, and their faults are reported with a remedy."""

import gzip
import hashlib
import json
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinproof.base.errors import UserError
from twinproof.study.dataset import FILES, main, read_checksums, read_dataset

MNIST = Path(__file__).parents[2] / "data" / "mnist"
TRAIN_IMAGES, TEST_LABELS = FILES["train_images"], FILES["test_labels"]


def idx(array: np.ndarray) -> bytes:
    """Pack an array of bytes in the idx format."""
    return struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()


def write_checksums(folder: Path) -> Path:
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES.values()]
    path = folder / "SHA256SUMS"
    path.write_text("".join(lines))
    return path


def write_files(
    folder: Path, train: int = 6, test: int = 3, rows: int = 2, columns: int = 2, seed: int = 0
) -> dict[str, np.ndarray]:
    """Write a small data set with its checksums; return its arrays by the keys of FILES."""
    draw = np.random.default_rng(seed).integers
    arrays = {
        f"{part}_{kind}": draw(0, 256 if shape else 10, (count, *shape), dtype=np.uint8)
        for part, count in (("train", train), ("test", test))
        for kind, shape in (("images", (rows, columns)), ("labels", ()))
    }
    for key, array in arrays.items():
        (folder / FILES[key]).write_bytes(gzip.compress(idx(array)))
    write_checksums(folder)
    return arrays


def read(folder: Path, validation: int = 2) -> Any:
    return read_dataset(folder, folder / "SHA256SUMS", validation)


@given(
    train=st.integers(2, 9),
    test=st.integers(1, 5),
    rows=st.integers(1, 4),
    columns=st.integers(1, 4),
    seed=st.integers(0, 99),
    data=st.data(),
)
@settings(max_examples=30, deadline=None)
def test_every_image_and_label_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, train: int, test: int, rows: int, columns: int, seed: int, data: Any
) -> None:
    folder = tmp_path_factory.mktemp("idx")
    arrays = write_files(folder, train, test, rows, columns, seed)
    validation = data.draw(st.integers(1, train - 1))
    dataset = read(folder, validation)
    images = np.concatenate([dataset.train.images, dataset.validation.images])
    labels = np.concatenate([dataset.train.labels, dataset.validation.labels])
    for found, part in ((images, "train"), (dataset.test.images, "test")):
        assert found.dtype == np.float32
        assert found.min() >= 0
        assert found.max() <= 1
        expected = arrays[f"{part}_images"].reshape(-1, rows * columns)
        np.testing.assert_array_equal(np.rint(found * 255), expected)
    for found, part in ((labels, "train"), (dataset.test.labels, "test")):
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, arrays[f"{part}_labels"])
    assert len(dataset.validation.labels) == validation
    assert dataset.classes == 1 + max(arrays["train_labels"].max(), arrays["test_labels"].max())


def test_a_byte_of_255_is_exactly_one(tmp_path: Path) -> None:
    write_files(tmp_path)
    (tmp_path / TRAIN_IMAGES).write_bytes(gzip.compress(idx(np.full((6, 2, 2), 255, np.uint8))))
    write_checksums(tmp_path)
    assert (read(tmp_path).train.images == 1).all()


def test_the_shipped_images_are_mnist() -> None:
    dataset = read_dataset(MNIST, MNIST / "SHA256SUMS", 5000)
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [part.images.shape for part in parts] == [(55_000, 784), (5_000, 784), (10_000, 784)]
    assert [part.labels.shape for part in parts] == [(55_000,), (5_000,), (10_000,)]
    assert dataset.classes == 10
    assert dataset.train.labels[:5].tolist() == [5, 0, 4, 1, 9]


def missing(folder: Path) -> None:
    (folder / TRAIN_IMAGES).unlink()


def truncated(folder: Path) -> None:
    path = folder / TRAIN_IMAGES
    path.write_bytes(path.read_bytes()[:-10])


def altered(folder: Path) -> None:
    (folder / TRAIN_IMAGES).write_bytes(gzip.compress(idx(np.zeros((6, 2, 2), np.uint8))))


def replace(content: bytes) -> Callable[[Path], None]:
    def fault(folder: Path) -> None:
        (folder / TRAIN_IMAGES).write_bytes(content)
        write_checksums(folder)

    return fault


FAULTS = {
    "missing": (missing, [f"has no {TRAIN_IMAGES}", "must contain"]),
    "truncated": (truncated, [TRAIN_IMAGES, "altered or truncated", "get the file again"]),
    "altered": (altered, [TRAIN_IMAGES, "altered", "SHA-256", "get the file again"]),
    "empty": (replace(b""), [TRAIN_IMAGES, "truncated", "0 bytes"]),
    "not gzip": (replace(idx(np.zeros((6, 2, 2), np.uint8))), [TRAIN_IMAGES, "not a gzip file", "allowed"]),
    "wrong magic number": (
        replace(gzip.compress(idx(np.zeros(12, np.uint8)))),
        [TRAIN_IMAGES, "magic number 0x00000801", "allowed here: 0x00000803"],
    ),
    "shorter than its header": (replace(gzip.compress(b"\x00\x00")), [TRAIN_IMAGES, "truncated", "header of 16"]),
    "shorter than its header says": (
        replace(gzip.compress(idx(np.zeros((6, 2, 2), np.uint8))[:-1])),
        [TRAIN_IMAGES, "39 bytes", "[6, 2, 2]", "takes 40"],
    ),
    "longer than its header says": (
        replace(gzip.compress(idx(np.zeros((6, 2, 2), np.uint8)) + b"\x00")),
        [TRAIN_IMAGES, "more than 40 bytes", "takes 40"],
    ),
    "of absurd lengths": (
        replace(gzip.compress(struct.pack(">4I", 0x0803, *[2**32 - 1] * 3))),
        [TRAIN_IMAGES, "4294967295", str((2**32 - 1) ** 3), "allowed: at most"],
    ),
    "images without labels": (
        replace(gzip.compress(idx(np.zeros((7, 2, 2), np.uint8)))),
        ["7 train images but 6 labels", "each image needs one label"],
    ),
    "images of two sizes": (
        replace(gzip.compress(idx(np.zeros((6, 3, 2), np.uint8)))),
        ["training images of 3 x 2 pixels, test images of 2 x 2", "the same shape"],
    ),
    "images of another shape with the same number of pixels": (
        replace(gzip.compress(idx(np.zeros((6, 1, 4), np.uint8)))),
        ["training images of 1 x 4 pixels, test images of 2 x 2", "the same shape"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_file_is_refused_with_its_name_and_the_remedy(tmp_path: Path, fault: str) -> None:
    write_files(tmp_path)
    break_it, words = FAULTS[fault]
    break_it(tmp_path)
    with pytest.raises(UserError) as raised:
        read(tmp_path)
    for word in [str(tmp_path), *words]:
        assert word in str(raised.value)


def test_nothing_is_unpacked_before_the_checksum_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path)
    altered(tmp_path)
    for name in ("open", "decompress"):
        monkeypatch.setattr(f"twinproof.study.dataset.gzip.{name}", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(UserError, match="altered"):
        read(tmp_path)


def test_no_more_is_unpacked_than_the_header_asks_for(tmp_path: Path) -> None:
    write_files(tmp_path)
    replace(gzip.compress(idx(np.zeros((6, 2, 2), np.uint8)) + bytes(200 * 2**20), 1))(tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="more than 40 bytes, but its header says"):
            read(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()


def test_a_data_set_without_examples_is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, test=0)
    with pytest.raises(UserError, match=FILES["test_images"]):
        read(tmp_path)


@pytest.mark.parametrize("validation", [6, 7, 0, -1])
def test_an_invalid_validation_share_is_refused(tmp_path: Path, validation: int) -> None:
    write_files(tmp_path)
    with pytest.raises(UserError, match=rf"data.validation: {validation} .*allowed: 1 to 5"):
        read(tmp_path, validation)


def test_checksums_lacking_a_file_are_refused(tmp_path: Path) -> None:
    write_files(tmp_path)
    sums = tmp_path / "SHA256SUMS"
    sums.write_text("\n".join(line for line in sums.read_text().splitlines() if TEST_LABELS not in line))
    with pytest.raises(UserError, match=rf"{sums} has no digest for {TEST_LABELS}; it must list"):
        read(tmp_path)


def test_invalid_checksums_are_refused_with_the_line(tmp_path: Path) -> None:
    write_files(tmp_path)
    sums = tmp_path / "SHA256SUMS"
    sums.write_text("\n" + sums.read_text() + "d41d8cd98f00b204e9800998ecf8427e  md5.gz\n")
    with pytest.raises(UserError, match=rf"{sums}, line 6: not a line of `sha256sum`"):
        read(tmp_path)


def test_missing_checksums_are_refused_with_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data.checksums: .*none.*`sha256sum \*\.gz`"):
        read_checksums(tmp_path / "none")


def test_checksums_of_binary_mode_and_of_more_files_are_understood(tmp_path: Path) -> None:
    write_files(tmp_path)
    sums = tmp_path / "SHA256SUMS"
    plain = read_checksums(sums)
    sums.write_text(sums.read_text().replace("  ", " *") + f"{'0' * 64} *README.md\n")
    assert read_checksums(sums) == plain


def run_main(folder: Path, output: Path) -> int:
    options = {"directory": folder, "checksums": folder / "SHA256SUMS", "validation": 2, "output": output}
    return main([f"--{name}={value}" for name, value in options.items()])


def test_the_command_writes_what_it_found(tmp_path: Path) -> None:
    write_files(tmp_path)
    assert run_main(tmp_path, tmp_path / "data.json") == 0
    found = json.loads((tmp_path / "data.json").read_text())
    assert found["train"] == {"images": [4, 4], "labels": 4}
    assert found["validation"] == {"images": [2, 4], "labels": 2}
    assert found["sha256"] == read_checksums(tmp_path / "SHA256SUMS")


def test_the_command_says_what_is_wrong_exits_with_2_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(tmp_path)
    altered(tmp_path)
    assert run_main(tmp_path, tmp_path / "out" / "data.json") == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / TRAIN_IMAGES}: altered")
    assert not (tmp_path / "out").exists()
