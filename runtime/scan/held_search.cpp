// A window of 8 folded characters slides over the text; where a form could end, it is compared
// backwards. See held_search.hpp.
#include "runtime/scan/held_search.hpp"

#include "runtime/scan/escapes.hpp"

#include <algorithm>
#include <array>

namespace skein::scan {
namespace {

constexpr std::size_t least_value = 4;
constexpr std::size_t least_cut_off = 5;
constexpr std::size_t shortest_inside_words = 8;
constexpr unsigned filter_bits = 17;
constexpr std::size_t longest_escape = 12;
constexpr std::size_t block_size = 1U << 20U;
constexpr std::size_t block_overlap = 16U << 10U;

constexpr std::array<std::uint8_t, 256> make_folding() {
  std::array<std::uint8_t, 256> out{};
  for (unsigned c = '0'; c <= '9'; ++c) out[c] = static_cast<std::uint8_t>(c);
  for (unsigned c = 'a'; c <= 'z'; ++c) {
    out[c] = static_cast<std::uint8_t>(c);
    out[c - 'a' + 'A'] = static_cast<std::uint8_t>(c);
  }
  return out;
}
constexpr std::array<std::uint8_t, 256> folding = make_folding();

std::uint8_t fold(char c) {
  return folding[static_cast<unsigned char>(c)];
}

std::uint64_t hash(std::uint64_t tail) {
  return (tail * 0x9e37'79b9'7f4a'7c15U) >> (64 - filter_bits);
}

std::uint64_t tail_of(std::string_view folded_text) {
  std::uint64_t tail = 0;
  for (const char c : folded_text.substr(folded_text.size() - 8)) {
    tail = tail << 8U | static_cast<unsigned char>(c);
  }
  return tail;
}

/// Overlapping hits of one secret, of which a canary has many, are one.
void add(std::vector<held_search::hit>& hits, const held_search::hit& next) {
  if (!hits.empty() && hits.back().secret == next.secret && next.begin <= hits.back().end &&
      next.end >= hits.back().begin) {
    hits.back().begin = std::min(hits.back().begin, next.begin);
    hits.back().end = std::max(hits.back().end, next.end);
  } else {
    hits.push_back(next);
  }
}

}  // namespace

result<held_search> held_search::make(std::vector<held_secret> secrets) {
  held_search search;
  search.filter_.resize((std::size_t{1} << filter_bits) / 64);
  for (std::uint32_t i = 0; i < secrets.size(); ++i) {
    const held_secret& held = secrets[i];
    if (held.value.size() < least_value) {
      return error{errc::invalid,
                   "look for the held secret " + held.name +
                       ": its value has fewer than 4 bytes and cannot be told from ordinary text",
                   "use a longer secret, or do not declare it as one"};
    }
    for (std::string& text : folded_forms(held)) {
      const std::uint64_t tail = tail_of(text);
      search.filter_[hash(tail) / 64] |= std::uint64_t{1} << (hash(tail) % 64);
      search.forms_.push_back({tail, std::move(text), i});
    }
    if (is_plain(held.value)) {
      search.plains_.push_back({held.value, i, held.value.size() < shortest_inside_words});
    }
    search.longest_ = std::max(search.longest_, std::min(held.value.size(), block_overlap / 2));
    search.several_lines_ |= held.value.find('\n') != std::string::npos;
  }
  std::sort(search.forms_.begin(), search.forms_.end(),
            [](const form& a, const form& b) { return a.tail < b.tail; });
  search.secrets_ = std::move(secrets);
  return search;
}

void held_search::find_forms(std::string_view text, std::vector<hit>& hits) const {
  if (forms_.empty()) return;
  std::uint64_t tail = 0;
  const std::uint64_t* const filter = filter_.data();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint64_t c = fold(text[i]);
    tail = c != 0 ? tail << 8U | c : tail;
    const std::uint64_t bucket = hash(tail);
    if ((filter[bucket / 64] >> (bucket % 64) & 1U) == 0 || c == 0) [[likely]]
      continue;
    check_forms(text, i, tail, hits);
  }
}

void held_search::check_forms(std::string_view text, std::size_t last, std::uint64_t tail,
                              std::vector<hit>& hits) const {
  auto at = std::lower_bound(forms_.begin(), forms_.end(), tail,
                             [](const form& each, std::uint64_t key) { return each.tail < key; });
  for (; at != forms_.end() && at->tail == tail; ++at) {
    // Pieces of a secret may lie apart, but not anywhere.
    const std::size_t farthest = at->text.size() * 8 + 512;
    const std::size_t stop = last + 1 - std::min(last + 1, farthest);
    std::size_t left = at->text.size();
    std::size_t begin = last + 1;
    while (left > 0 && begin > stop) {
      const std::uint8_t c = fold(text[--begin]);
      if (c == 0) continue;
      if (c != static_cast<unsigned char>(at->text[left - 1])) break;
      --left;
    }
    if (left == 0) add(hits, {begin, last + 1, at->secret});
  }
}

void held_search::find_plain(std::string_view text, std::vector<hit>& hits) const {
  for (const plain& each : plains_) {
    for (std::size_t at = text.find(each.text); at != std::string_view::npos;
         at = text.find(each.text, at + 1)) {
      const std::size_t end = at + each.text.size();
      const bool continued =
          (at > 0 && fold(text[at - 1]) != 0 && fold(text[at]) != 0) ||
          (end < text.size() && fold(text[end]) != 0 && fold(text[end - 1]) != 0);
      if (!each.as_word || !continued) hits.push_back({at, end, each.secret});
    }
  }
}

void held_search::find_mapped(const mapped_text& seen, std::size_t offset,
                              std::vector<hit>& hits) const {
  std::vector<hit> found;
  find_forms(seen.text, found);
  find_plain(seen.text, found);
  for (const hit& each : found) {
    // To the next byte's beginning: the last may be an escape. Unless what follows lies apart.
    const std::size_t last = seen.from[each.end - 1];
    const std::size_t next = std::max<std::size_t>(last + 1, seen.from[each.end]);
    const std::size_t end = next > last + longest_escape ? last + 1 : next;
    hits.push_back({offset + seen.from[each.begin], offset + end, each.secret});
  }
}

/// Only around escapes is there anything to decode.
void held_search::find_escaped(std::string_view block, std::size_t offset,
                               std::vector<hit>& hits) const {
  const std::size_t around = longest_ * 2 + 64;
  for (std::size_t at = next_escape(block, 0, several_lines_); at < block.size();) {
    const std::size_t begin = at - std::min(at, around);
    std::size_t end = at;
    while (at < block.size() && at <= end) {
      end = at + around;
      at = next_escape(block, at + 1, several_lines_);
    }
    find_mapped(without_escapes(block.substr(begin, end - begin)), offset + begin, hits);
  }
}

bool held_search::has_tail(std::uint64_t tail) const {
  const std::uint64_t bucket = hash(tail);
  if ((filter_[bucket / 64] >> (bucket % 64) & 1U) == 0) return false;
  const auto at =
      std::lower_bound(forms_.begin(), forms_.end(), tail,
                       [](const form& each, std::uint64_t key) { return each.tail < key; });
  return at != forms_.end() && at->tail == tail;
}

/// Concatenated literals. Most texts are cleared without copying them.
void held_search::find_quoted(std::string_view block, std::size_t offset,
                              std::vector<hit>& hits) const {
  for (const char quote : {'"', '\'', '`'}) {
    std::uint64_t tail = 0;
    bool ends_somewhere = !plains_.empty();
    each_quoted(block, quote, [&](std::size_t begin, std::size_t end) {
      for (; begin < end; ++begin) {
        const std::uint64_t c = fold(block[begin]);
        if (c == 0) continue;
        tail = tail << 8U | c;
        ends_somewhere = ends_somewhere || has_tail(tail);
      }
    });
    if (ends_somewhere) find_mapped(quoted_only(block, quote), offset, hits);
  }
}

void held_search::find(std::string_view text, std::vector<hit>& hits) const {
  if (empty()) return;
  find_forms(text, hits);
  find_plain(text, hits);
  for (std::size_t at = 0; at < text.size(); at += block_size - block_overlap) {
    const std::string_view block = text.substr(at, block_size);
    find_escaped(block, at, hits);
    find_quoted(block, at, hits);
    if (text.size() - at <= block_size) break;
  }
}

std::size_t held_search::cut_off_at(std::string_view text, std::uint32_t& secret) const {
  std::size_t first = text.size();
  for (std::uint32_t i = 0; i < secrets_.size(); ++i) {
    const std::string_view value = secrets_[i].value;
    const std::size_t longest = std::min(value.size() - 1, text.size());
    for (std::size_t part = longest; part >= least_cut_off; --part) {
      if (text.size() - part >= first) break;
      if (!text.ends_with(value.substr(0, part))) continue;
      first = text.size() - part;
      secret = i;
      break;
    }
  }
  return first;
}

}  // namespace skein::scan
