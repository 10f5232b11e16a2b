// Words and names in the text of people and in code, made comparable. Pure and linear.
#pragma once

#include "runtime/judge/rule_content.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace skein::judge {

using word_set = std::set<std::string, std::less<>>;

/// What an intent or a claim names, beside what it says.
struct named_things {
  std::vector<std::string> paths;  ///< files and folders, as they were written
  word_set symbols;                ///< identifiers, canonical
  word_set words;                  ///< content words and parts of names, stemmed
};
[[nodiscard]] named_things names_in(std::string_view text, const rule_content& known);

/// The parts of every identifier (`parseHttpUrl` → parse, http, url), stemmed, without stop words.
void add_words(std::string_view code, const rule_content& known, word_set& into);
/// Whole identifiers of five characters and more, canonical.
void add_symbols(std::string_view code, word_set& into);

[[nodiscard]] bool share_any(const word_set& one, const word_set& other);

/// Sentences, and lines of lists. Views into `text`.
[[nodiscard]] std::vector<std::string_view> sentences_of(std::string_view text);

/// Lower case on one line with single spaces and without characters that nobody sees, so that a
/// regex finds words however they are spread. At most 64 KiB of it.
[[nodiscard]] std::string flattened(std::string_view text);

/// Whether `path` is what somebody called `name`: the same, its end, below it, or its base name.
[[nodiscard]] bool is_called(std::string_view path, std::string_view name);
/// `test_parser.py`, `parser.h` and `ParserTest.java` go with `parser.cpp`: "parser".
[[nodiscard]] std::string stem_of(std::string_view path);

}  // namespace skein::judge
