"""The Go2's messages: sizes, checksum, both forms, remote control."""

import subprocess
import sys

import numpy as np
import pytest

from deploy.runtime.link import BUTTONS, Remote
from deploy.runtime.links import go2_layout, go2_remote
from deploy.runtime.links.go2_layout import HEADER, MessageLayout
from deploy.runtime.links.go2_messages import LOW_CMD, LOW_STATE, Struct

SIZES = [(LOW_CMD, 812), (LOW_STATE, 1180)]


def bitwise(data: bytes) -> int:
    """CRC-32/MPEG-2 by its definition."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            crc = ((crc << 1) ^ (0x04C11DB7 if (crc >> 31) ^ (byte >> bit & 1) else 0)) & 0xFFFFFFFF
    return crc


def scrambled(struct: Struct, seed: int) -> np.ndarray:
    layout = MessageLayout(struct)
    return (
        np.frombuffer(np.random.default_rng(seed).bytes(layout.dtype.itemsize), layout.dtype)
        .reshape(())
        .copy()
    )


@pytest.mark.parametrize(("struct", "size"), SIZES)
def test_messages_are_as_long_as_the_firmwares_structs(struct: Struct, size: int) -> None:
    assert MessageLayout(struct).dtype.itemsize == size


@pytest.mark.parametrize(("struct", "size"), SIZES)
def test_the_checksum_is_that_of_the_plain_loop(struct: Struct, size: int) -> None:
    # The catalogue's check value of CRC-32/MPEG-2.
    assert bitwise(b"123456789") == 0x0376E6E7
    for seed in range(5):
        record = scrambled(struct, seed)
        words = np.frombuffer(record.tobytes(), "<u4")[:-1]
        assert go2_layout.crc(record) == bitwise(words.astype(">u4").tobytes())
        go2_layout.sign(record)
        assert go2_layout.is_sound(record)
        record["head"][0] ^= 1
        assert not go2_layout.is_sound(record)


@pytest.mark.parametrize(("struct", "size"), SIZES)
def test_what_goes_over_the_bus_is_what_cyclone_itself_would_write(
    struct: Struct, size: int
) -> None:
    from cyclonedds.idl import IdlStruct

    from deploy.runtime.links import dds

    def plain(kind: Struct, record: np.ndarray) -> object:
        values = []
        for name, inner, length in kind.fields:
            part = record[name]
            if isinstance(inner, Struct):
                values.append(
                    [plain(inner, one) for one in part] if length > 1 else plain(inner, part)
                )
            else:
                values.append(part.tolist())
        return dds.message(kind)(*values)

    layout = MessageLayout(struct)
    # Whole numbers as floats: what is not a number has many forms.
    record = layout.new()
    for k, name in enumerate(("q", "dq", "kp" if struct is LOW_CMD else "ddq")):
        record["motor_cmd" if struct is LOW_CMD else "motor_state"][name] = np.arange(20) + 100 * k
    record["sn"] = (1, 2)
    record["wireless_remote"] = np.arange(40)
    record["crc"] = 0x01020304
    record["reserve"] = 7
    theirs = IdlStruct.serialize(plain(struct, record))  # type: ignore[arg-type]
    assert layout.to_wire(record) == theirs
    assert layout.from_wire(theirs).tobytes() == record.tobytes()


def test_bytes_of_another_size_or_form_are_refused() -> None:
    layout = MessageLayout(LOW_STATE)
    sound = layout.to_wire(layout.new())
    for data in (b"", sound[:-1], sound + b"\0", b"\x00\x00" + sound[2:], HEADER):
        with pytest.raises(ValueError, match="were expected"):
            layout.from_wire(data)


@pytest.mark.parametrize("button", BUTTONS)
def test_each_button_arrives_as_itself(button: str) -> None:
    pressed = Remote(frozenset({button}), 0.5, -0.25)
    assert go2_remote.decode(go2_remote.encode(pressed)) == pressed


def test_buttons_are_the_bits_that_the_vendor_says() -> None:
    data = bytes([0x55, 0x51, 0b0010_0100, 0b0000_0011]) + bytes(36)
    assert go2_remote.decode(data).buttons == {"start", "L2", "A", "B"}


def test_a_stick_that_is_no_number_is_let_go() -> None:
    data = bytes(4) + np.array([np.nan, np.inf, 0, 0, -np.inf], "<f4").tobytes() + bytes(16)
    assert go2_remote.decode(data) == Remote()


def test_a_missing_package_is_named_with_the_way_to_install_it() -> None:
    code = "import sys; sys.modules['cyclonedds'] = None; import deploy.runtime.links.dds"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtraError" in run.stderr
    assert "pip install cyclonedds" in run.stderr
