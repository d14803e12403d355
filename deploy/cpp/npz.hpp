// Arrays of an .npz file as tensors. Source of the layout: numpy's lib/format.py, version 1.0.
#pragma once

#include <torch/types.h>

#include <map>
#include <regex>
#include <string>

#include "zip.hpp"

using Arrays = std::map<std::string, torch::Tensor>;

inline torch::Tensor array(const std::string &name, const std::string &file) {
    static const std::regex form(
        R"(\{'descr': '(<f4|\|b1)', 'fortran_order': False, 'shape': \(([\d, ]+)\), \} *\n)");
    const size_t start = 10, size = number(file, 8, 2);
    const std::string header = part(file, start, size);
    std::smatch found;
    if (part(file, 0, 8) != std::string("\x93NUMPY\1\0", 8) ||
        !std::regex_match(header, found, form))
        throw Failure(FAILED_CHECK, name + " is not an array of 32-bit floats or of truth values");
    const torch::ScalarType kind = found[1] == "<f4" ? torch::kFloat : torch::kBool;
    std::vector<int64_t> shape;
    static const std::regex digits(R"(\d+)");
    const std::string dimensions = found[2];
    for (std::sregex_iterator next(dimensions.begin(), dimensions.end(), digits), end; next != end;
         ++next)
        shape.push_back(std::stoll(next->str()));
    std::string content = file.substr(start + size);
    if (content.size() != c10::multiply_integers(shape) * torch::elementSize(kind))
        throw Failure(FAILED_CHECK, name + " does not have the size of its shape");
    return torch::from_blob(content.data(), shape, kind).clone();
}

inline Arrays arrays(const std::string &npz) {
    Arrays found;
    for (const auto &[name, file] : unzip(npz))
        found[name.substr(0, name.rfind(".npy"))] = array(name, file);
    return found;
}
