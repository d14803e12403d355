// What the runner takes from a bundle's manifest. It does not look at the other fields.
#pragma once

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "failure.hpp"
#include "json.hpp"

// An input or output of the program; its shape is without the batch.
struct Quantity {
    std::string name;
    std::vector<int64_t> shape;
};
using Quantities = std::vector<Quantity>;

struct Manifest {
    double control_period;                     // [s].
    Quantities sensors;                        // Arguments of the program, in its order.
    Quantities commands;                       // Results of the program, in its order.
    std::map<std::string, std::string> files;  // SHA-256 of every other file, by name.
};

constexpr double SCHEMA = 2;          // As in deploy/runtime/bundle/manifest.py.
constexpr double LARGEST_SIZE = 1e9;  // Of an axis; no tensor of a robot comes near it.

template <typename Kind>
const Kind &as(const Json &json, const std::string &what) {
    const Kind *found = std::get_if<Kind>(&json.value);
    if (!found) throw Failure(REFUSED, "the manifest's " + what + " is of a wrong type");
    return *found;
}

template <typename Kind>
const Kind &field(const Object &object, const std::string &name) {
    const auto found = object.find(name);
    if (found == object.end()) throw Failure(REFUSED, "the manifest has no " + name);
    return as<Kind>(found->second, name);
}

// A name is said in messages of one line: it has letters, digits and underscores, of any alphabet.
inline bool is_name(const std::string &text) {
    const auto fits = [](unsigned char byte) {
        return byte >= 0x80 || byte == '_' || std::isalnum(byte);
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

inline std::vector<int64_t> shape(const List &sizes) {
    std::vector<int64_t> found;
    for (const Json &item : sizes) {
        const double size = as<double>(item, "shape");
        if (!(size >= 1 && size <= LARGEST_SIZE && size == std::floor(size)))
            throw Failure(REFUSED, "the manifest has a shape that is not of positive integers");
        found.push_back(static_cast<int64_t>(size));
    }
    return found;
}

inline Quantities quantities(const Object &about, const std::string &kind) {
    Quantities found;
    for (const Json &item : field<List>(about, kind)) {
        const Object &quantity = as<Object>(item, kind);
        const std::string &name = field<std::string>(quantity, "name");
        if (!is_name(name))
            throw Failure(REFUSED, "one of the manifest's " + kind + " has no plain name");
        found.push_back({name, shape(field<List>(quantity, "shape"))});
    }
    // A replay that compares nothing would pass.
    if (found.empty()) throw Failure(REFUSED, "the manifest lists no " + kind);
    return found;
}

inline std::map<std::string, std::string> hashes(const Object &files) {
    std::map<std::string, std::string> found;
    for (const auto &[name, hash] : files) found[name] = as<std::string>(hash, "files");
    return found;
}

inline void check_schema(double schema) {
    if (schema == SCHEMA) return;
    std::ostringstream message;
    message << "the bundle has schema " << schema << ", this version reads " << SCHEMA
            << "; export it again: python -m deploy export --policy NAME --key KEY";
    throw Failure(REFUSED, message.str());
}

inline Manifest manifest(const std::string &text) {
    const Json found = json(text);
    const Object &about = as<Object>(found, "content");
    check_schema(field<double>(about, "schema"));
    const double period = field<double>(about, "control_period");
    if (!(period > 0 && std::isfinite(period)))
        throw Failure(REFUSED, "the manifest's control_period is not positive and finite");
    return {period, quantities(about, "sensors"), quantities(about, "commands"),
            hashes(field<Object>(about, "files"))};
}
