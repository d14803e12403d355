// What the runner reads from JSON, for test_json.py to compare with what Python reads: one line for
// each text of the standard input, which a 0 ends; "no" for a text that is refused.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <variant>

#include "json.hpp"

std::string hex(const std::string &text) {
    std::string digits;
    for (const unsigned char byte : text) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", byte);
        digits += two;
    }
    return '"' + digits + '"';
}

std::string written(const Json &json);

struct Writer {
    std::string operator()(std::nullptr_t) const { return "None"; }
    std::string operator()(bool truth) const { return truth ? "True" : "False"; }
    std::string operator()(const std::string &text) const { return hex(text); }
    // All of its bits.
    std::string operator()(double number) const {
        return std::to_string(std::bit_cast<uint64_t>(number));
    }
    std::string operator()(const List &list) const {
        std::string all;
        for (const Json &item : list) all += written(item) + ",";
        return "[" + all + "]";
    }
    std::string operator()(const Object &object) const {
        std::string all;
        for (const auto &[name, item] : object) all += hex(name) + ":" + written(item) + ",";
        return "{" + all + "}";
    }
};

std::string written(const Json &json) { return std::visit(Writer{}, json.value); }

int main() {
    for (std::string text; std::getline(std::cin, text, '\0');) {
        try {
            std::cout << written(json(text)) << '\n';
        } catch (const Failure &) {
            std::cout << "no\n";
        }
    }
}
