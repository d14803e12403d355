// Zips whose entries are stored: bundles and .npz files. Source of the layout: PKWARE's
// APPNOTE.TXT, 4.3.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "failure.hpp"

using Files = std::map<std::string, std::string>;

const std::string LOCAL_HEADER = "PK\3\4", CENTRAL_HEADER = "PK\1\2", END_OF_DIRECTORY = "PK\5\6";

// `size` bytes of `data`; refused if they are not all there.
inline std::string part(const std::string &data, size_t start, size_t size) {
    if (start > data.size() || size > data.size() - start)
        throw Failure(REFUSED, "the zip is damaged: it ends too early");
    return data.substr(start, size);
}

// An unsigned number of `size` bytes, the lowest first.
inline size_t number(const std::string &data, size_t start, size_t size) {
    size_t value = 0;
    const std::string bytes = part(data, start, size);
    for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

inline std::string bytes(uint64_t value, int size) {
    std::string text;
    for (int i = 0; i < size; ++i) text += static_cast<char>(value >> 8 * i);
    return text;
}

// The entries by name. Sizes are those of the directory at the end: numpy leaves them out of the
// local headers.
inline Files unzip(const std::string &data) {
    const size_t end = data.size() < 22 ? 0 : data.size() - 22;
    if (part(data, end, 4) != END_OF_DIRECTORY)
        throw Failure(REFUSED, "it is damaged or not a zip");
    Files files;
    size_t at = number(data, end + 16, 4);
    for (size_t left = number(data, end + 10, 2); left > 0; --left) {
        if (part(data, at, 4) != CENTRAL_HEADER)
            throw Failure(REFUSED, "the zip is damaged: its directory is broken");
        const size_t size = number(data, at + 24, 4), name_size = number(data, at + 28, 2),
                     start = number(data, at + 42, 4);
        const std::string name = part(data, at + 46, name_size);
        if (number(data, at + 10, 2) != 0 || number(data, at + 20, 4) != size)
            throw Failure(REFUSED, "the zip's " + name + " is compressed");
        const size_t header = 30 + number(data, start + 26, 2) + number(data, start + 28, 2);
        if (!files.emplace(name, part(data, start + header, size)).second)
            throw Failure(REFUSED, "the zip has " + name + " more than once");
        at += 46 + name_size + number(data, at + 30, 2) + number(data, at + 32, 2);
    }
    return files;
}

inline uint32_t crc32(const std::string &data) {
    static const auto table = [] {
        std::array<uint32_t, 256> rows{};
        for (uint32_t i = 0; i < 256; ++i) {
            rows[i] = i;
            for (int bit = 0; bit < 8; ++bit)
                rows[i] = rows[i] >> 1 ^ (rows[i] & 1 ? 0xEDB88320u : 0);
        }
        return rows;
    }();
    uint32_t crc = ~0u;
    for (const unsigned char byte : data) crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF];
    return ~crc;
}

// The one zip of `files` that is a bundle, as `deploy.runtime.bundle.archive.pack` writes it: at
// the zip epoch, `first` before the others by name.
inline std::string pack(const Files &files, const std::vector<std::string> &first) {
    std::vector<std::string> names = first;
    for (const auto &[name, content] : files)
        if (std::find(first.begin(), first.end(), name) == first.end()) names.push_back(name);
    std::string entries, directory;
    for (const std::string &name : names) {
        const std::string &content = files.at(name);
        // Version 2.0, no flags, stored, 00:00:00, 1980-01-01, checksum, both sizes, size of the
        // name, no extra field.
        const std::string common = bytes(20, 2) + bytes(0, 6) + bytes(0x21, 2) +
                                   bytes(crc32(content), 4) + bytes(content.size(), 4) +
                                   bytes(content.size(), 4) + bytes(name.size(), 2) + bytes(0, 2);
        // Made by Unix with version 2.0; no comment, first disk, no internal attributes; a plain
        // file, rw-r--r--; where it starts.
        directory += CENTRAL_HEADER + bytes(20, 1) + bytes(3, 1) + common + bytes(0, 6) +
                     bytes(0100644u << 16, 4) + bytes(entries.size(), 4) + name;
        entries += LOCAL_HEADER + common + name + content;
    }
    return entries + directory + END_OF_DIRECTORY + bytes(0, 4) + bytes(names.size(), 2) +
           bytes(names.size(), 2) + bytes(directory.size(), 4) + bytes(entries.size(), 4) +
           bytes(0, 2);
}
