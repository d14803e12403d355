// JSON of any form, as values. Source of the grammar: RFC 8259.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "failure.hpp"

struct Json;
using List = std::vector<Json>;
using Object = std::map<std::string, Json>;

struct Json {
    std::variant<std::nullptr_t, bool, double, std::string, List, Object> value;
};

// The UTF-8 of a character.
inline std::string utf8(uint32_t code) {
    // The first byte says how many more follow; each of those holds six bits.
    const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr uint32_t first[] = {0, 0xC0, 0xE0, 0xF0};
    std::string text(1, static_cast<char>(first[more] | code >> 6 * more));
    for (int i = more; i-- > 0;) text += static_cast<char>(0x80 | (code >> 6 * i & 0x3F));
    return text;
}

// Reads a text once, from its start. It also refuses an object that has a name twice, because
// readers differ in which of both they believe. Bytes beyond ASCII stay as they are.
class JsonReader {
  public:
    explicit JsonReader(std::string_view text) : text(text) {}

    Json whole() {
        Json found = value(0);
        if (at != text.size()) fail();
        return found;
    }

  private:
    // Deeper values are refused: each level takes a part of the stack.
    static constexpr int DEEPEST = 100;

    [[noreturn]] void fail() const {
        throw Failure(REFUSED, "the manifest is not JSON from byte " + std::to_string(at) + " on");
    }

    // The next byte. Behind the end it is a 0, which nothing takes: no reading goes beyond it.
    char peek() const { return at < text.size() ? text[at] : '\0'; }

    bool take(char wanted) {
        const bool there = peek() == wanted;
        at += there;
        return there;
    }

    void expect(char wanted) {
        if (!take(wanted)) fail();
    }

    void space() {
        while (take(' ') || take('\t') || take('\n') || take('\r')) continue;
    }

    // A value with the white space around it.
    Json value(int depth) {
        if (depth > DEEPEST) fail();
        space();
        Json found = bare(depth);
        space();
        return found;
    }

    Json bare(int depth) {
        switch (peek()) {
            case '{':
                return {object(depth)};
            case '[':
                return {list(depth)};
            case '"':
                return {string()};
            case 't':
                return word("true"), Json{true};
            case 'f':
                return word("false"), Json{false};
            case 'n':
                return word("null"), Json{nullptr};
            default:
                return {number()};
        }
    }

    Object object(int depth) {
        Object found;
        expect('{');
        space();
        if (take('}')) return found;
        do {
            space();
            const std::string name = string();
            space();
            expect(':');
            if (!found.emplace(name, value(depth + 1)).second) fail();
        } while (take(','));
        expect('}');
        return found;
    }

    List list(int depth) {
        List found;
        expect('[');
        space();
        if (take(']')) return found;
        do found.push_back(value(depth + 1));
        while (take(','));
        expect(']');
        return found;
    }

    void word(std::string_view letters) {
        for (const char letter : letters) expect(letter);
    }

    double number() {
        const size_t start = at;
        take('-');
        if (!take('0')) digits();
        if (take('.')) digits();
        if (take('e') || take('E')) {
            if (!take('-')) take('+');
            digits();
        }
        return std::strtod(std::string(text.substr(start, at - start)).c_str(), nullptr);
    }

    bool is_digit() const { return peek() >= '0' && peek() <= '9'; }

    void digits() {
        if (!is_digit()) fail();
        while (is_digit()) ++at;
    }

    std::string string() {
        std::string found;
        expect('"');
        while (!take('"')) {
            // A control character, or the end of the text.
            if (static_cast<unsigned char>(peek()) < 0x20) fail();
            if (take('\\'))
                found += escaped();
            else
                found += text[at++];
        }
        return found;
    }

    std::string escaped() {
        if (take('u')) return utf8(code_point());
        constexpr std::string_view written = "\"\\/bfnrt";
        constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
        const size_t which = written.find(peek());
        if (which == written.npos) fail();
        ++at;
        return {meant[which]};
    }

    // One \u, or two that are a pair of surrogates. Half a pair stays what it is: Python writes
    // one for each byte of a file's name that is no UTF-8.
    uint32_t code_point() {
        const uint32_t high = code_unit();
        const size_t behind = at;
        if (high >> 10 == 0xD800 >> 10 && take('\\') && take('u')) {
            const uint32_t low = code_unit();
            if (low >> 10 == 0xDC00 >> 10) return 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF));
        }
        at = behind;
        return high;
    }

    uint32_t code_unit() {
        constexpr std::string_view digits = "0123456789abcdef0123456789ABCDEF";
        uint32_t code = 0;
        for (int i = 0; i < 4; ++i) {
            const size_t digit = digits.find(peek());
            if (digit == digits.npos) fail();
            code = code << 4 | (digit & 0xF);
            ++at;
        }
        return code;
    }

    std::string_view text;
    size_t at = 0;
};

inline Json json(std::string_view text) { return JsonReader(text).whole(); }
