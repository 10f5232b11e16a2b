// Puts rules and held secrets together, and turns what they see into findings and redactions.
#include "runtime/scan/secret_scanner.hpp"

#include "runtime/scan/fingerprint.hpp"
#include "runtime/scan/held_search.hpp"
#include "runtime/scan/ignore_list.hpp"
#include "runtime/scan/patch_text.hpp"
#include "runtime/scan/rule_set.hpp"
#include "runtime/scan/wide_text.hpp"

#include <algorithm>

namespace skein::scan {
namespace {

/// Enough to refuse any change; a hostile file must not fill the memory with more.
constexpr std::size_t most_findings = 10'000;
constexpr std::size_t longest_extension = 256;

constexpr std::string_view unscanned_text = "content that could not be looked at";

bool continues_token(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

struct secret_scanner::parts {
  std::shared_ptr<const rule_set> rules;
  held_search held;
  std::string key;

  /// Numbers of held secrets come first, then those of the rules.
  [[nodiscard]] std::uint32_t first_rule() const { return held.size(); }

  [[nodiscard]] std::string_view rule_id(std::uint32_t number) const {
    if (number >= first_rule()) return rules->spec(number - first_rule()).id;
    return held.secret(number).kind == held_kind::canary ? canary_rule : held_rule;
  }

  [[nodiscard]] std::string description(std::uint32_t number) const {
    if (number >= first_rule()) return rules->spec(number - first_rule()).description;
    const held_secret& secret = held.secret(number);
    return secret.kind == held_kind::canary ? "canary " + secret.name
                                            : "value of " + secret.name + ", a held secret";
  }

  [[nodiscard]] std::vector<span> find(const place& where) const {
    std::vector<span> spans;
    if (rules) rules->find(where, spans);
    for (span& each : spans) each.rule += first_rule();
    std::vector<held_search::hit> hits;
    held.find(where.text, hits);
    for (const auto& hit : hits) spans.push_back({hit.begin, hit.end, hit.secret});
    return merged(std::move(spans));
  }
};

namespace {

/// Collects findings of one text, counting its lines.
class collector {
 public:
  collector(const std::string& key, const scan_options& options,
            std::vector<secret_finding>& findings)
      : key_(key), options_(options), findings_(findings) {}

  [[nodiscard]] bool is_full() const { return findings_.size() >= most_findings; }

  void add(std::string_view rule, std::string description, const std::string& path,
           std::uint32_t line, std::string_view secret, std::string_view around) {
    if (is_full()) return;
    std::string mark = fingerprint_of({key_, rule, path, secret, around});
    if (options_.accepted != nullptr && options_.accepted->has(path, rule, line, mark)) return;
    findings_.push_back({std::string{rule}, std::move(description), path, line, std::move(mark)});
  }

 private:
  const std::string& key_;
  const scan_options& options_;
  std::vector<secret_finding>& findings_;
};

}  // namespace

result<secret_scanner> secret_scanner::load(const std::filesystem::path& directory) {
  SKEIN_TRY(specs, read_rule_files(directory));
  SKEIN_TRY(rules, rule_set::compile(std::move(specs)));
  secret_scanner scanner;
  scanner.parts_ =
      std::make_shared<parts>(parts{std::make_shared<const rule_set>(std::move(rules)), {}, {}});
  return scanner;
}

result<secret_scanner> secret_scanner::load_file(const std::filesystem::path& file,
                                                 const std::filesystem::path& shipped) {
  SKEIN_TRY(specs, read_rule_file(file, shipped));
  SKEIN_TRY(rules, rule_set::compile(std::move(specs)));
  secret_scanner scanner;
  scanner.parts_ =
      std::make_shared<parts>(parts{std::make_shared<const rule_set>(std::move(rules)), {}, {}});
  return scanner;
}

result<secret_scanner> secret_scanner::with_held(std::vector<held_secret> secrets) const {
  SKEIN_TRY(held, held_search::make(std::move(secrets)));
  auto copy = parts_ ? std::make_shared<parts>(*parts_) : std::make_shared<parts>();
  copy->held = std::move(held);
  secret_scanner scanner;
  scanner.parts_ = std::move(copy);
  return scanner;
}

secret_scanner secret_scanner::with_fingerprint_key(std::string key) const {
  auto copy = parts_ ? std::make_shared<parts>(*parts_) : std::make_shared<parts>();
  copy->key = std::move(key);
  secret_scanner scanner;
  scanner.parts_ = std::move(copy);
  return scanner;
}

std::vector<secret_finding> secret_scanner::scan(std::string_view text, const std::string& path,
                                                 const scan_options& options) const {
  std::vector<secret_finding> findings;
  if (!parts_) return findings;
  const std::string narrow = narrowed(text);
  if (!narrow.empty()) text = narrow;
  const std::string shown = redact(path);
  collector all{parts_->key, options, findings};
  if (shown != path) {
    for (const redaction& each : redactions(path)) {
      const auto name = std::string_view{path}.substr(each.begin, each.end - each.begin);
      all.add(each.rule, "secret in the name of a file", shown, 1, name, shown);
    }
  }
  if (parts_->rules) {
    for (const std::uint32_t rule : parts_->rules->by_path(path)) {
      const rule_spec& spec = parts_->rules->spec(rule);
      all.add(spec.id, spec.description, shown, 1, {}, {});
    }
  }
  const auto spans = parts_->find({text, path, options.trust_inline_allow});
  std::uint32_t line = 1;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < spans.size() && !all.is_full(); ++i) {
    const span& found = spans[i];
    line += static_cast<std::uint32_t>(
        std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                   text.begin() + static_cast<std::ptrdiff_t>(found.begin), '\n'));
    counted = found.begin;
    all.add(parts_->rule_id(found.rule), parts_->description(found.rule), shown, line,
            text.substr(found.begin, found.end - found.begin), text_around(text, spans, i));
  }
  return findings;
}

namespace {

/// The line of the first added byte in [begin, end), 0 when nothing there is added.
std::uint32_t first_added(const patch_piece& piece, std::size_t begin, std::size_t end) {
  auto at = std::upper_bound(
      piece.stretches.begin(), piece.stretches.end(), begin,
      [](std::size_t offset, const patch_piece::stretch& each) { return offset < each.begin; });
  if (at != piece.stretches.begin()) --at;
  for (; at != piece.stretches.end() && at->begin < end; ++at) {
    if (!at->added) continue;
    const auto from = piece.text.begin() + static_cast<std::ptrdiff_t>(at->begin);
    const auto to = piece.text.begin() + static_cast<std::ptrdiff_t>(std::max(begin, at->begin));
    return at->line + static_cast<std::uint32_t>(std::count(from, to, '\n'));
  }
  return 0;
}

}  // namespace

std::vector<secret_finding> secret_scanner::scan_added(std::string_view patch,
                                                       const scan_options& options) const {
  std::vector<secret_finding> findings;
  if (!parts_) return findings;
  collector all{parts_->key, options, findings};
  read_patch(patch, [&](const patch_piece& piece) {
    if (all.is_full()) return;
    if (piece.first) {
      // What the name alone says.
      for (auto& found : scan({}, piece.path, options)) findings.push_back(std::move(found));
    }
    const std::string shown = redact(piece.path);
    if (!piece.hidden.empty()) {
      all.add(unscanned_rule, std::string{unscanned_text} + ": " + piece.hidden, shown, 1, {},
              piece.hidden);
    }
    const std::string narrow = narrowed(piece.text);
    const bool wide = !narrow.empty();
    const std::string_view text = wide ? std::string_view{narrow} : piece.text;
    const auto spans = parts_->find({text, piece.path, options.trust_inline_allow});
    for (std::size_t i = 0; i < spans.size() && !all.is_full(); ++i) {
      const span& found = spans[i];
      const std::uint32_t line = wide ? 1 : first_added(piece, found.begin, found.end);
      if (line == 0) continue;
      all.add(parts_->rule_id(found.rule), parts_->description(found.rule), shown, line,
              text.substr(found.begin, found.end - found.begin), text_around(text, spans, i));
    }
  });
  return findings;
}

std::vector<secret_scanner::redaction> secret_scanner::redactions(std::string_view text,
                                                                  bool whole) const {
  std::vector<redaction> all;
  if (!parts_) return all;
  std::vector<span> spans = parts_->find({text, {}, false});
  for (span& each : spans) {
    // A rule may describe less than what stands there; the rest of a secret is a secret.
    const std::size_t farthest = std::min(text.size(), each.end + longest_extension);
    if (!continues_token(text[each.end - 1])) continue;
    while (each.end < farthest && continues_token(text[each.end])) ++each.end;
  }
  if (std::uint32_t secret = 0; whole) {
    const std::size_t begin = parts_->held.cut_off_at(text, secret);
    if (begin < text.size()) spans.push_back({begin, text.size(), secret});
  }
  for (const span& each : merged(std::move(spans))) {
    all.push_back({each.begin, each.end, parts_->rule_id(each.rule)});
  }
  return all;
}

std::string secret_scanner::redact(std::string_view text) const {
  std::string clean;
  std::size_t copied = 0;
  for (const redaction& each : redactions(text)) {
    clean += text.substr(copied, each.begin - copied);
    clean.append("[redacted:").append(each.rule).append("]");
    copied = each.end;
  }
  clean += text.substr(copied);
  return clean;
}

std::vector<secret_scanner::rule_text> secret_scanner::rules() const {
  std::vector<rule_text> all;
  for (std::uint32_t i = 0; parts_ && parts_->rules && i < parts_->rules->size(); ++i) {
    all.push_back({parts_->rules->spec(i).id, parts_->rules->spec(i).description});
  }
  all.push_back({std::string{held_rule}, "value of a secret that the platform holds"});
  all.push_back({std::string{canary_rule}, "value that was planted to be watched for"});
  all.push_back({std::string{unscanned_rule}, std::string{unscanned_text}});
  return all;
}

}  // namespace skein::scan
