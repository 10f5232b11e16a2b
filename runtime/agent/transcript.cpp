#include "runtime/agent/transcript.hpp"

#include "schema/identity.hpp"

#include <algorithm>
#include <utility>

namespace skein::agent {
namespace {

using nlohmann::json;

constexpr const char* kind_of_exchange = "skein/exchange/v1";
constexpr const char* kind_of_transcript = "skein/transcript/v1";

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json to_json(const model::answer& given) {
  json calls = json::array();
  for (const auto& call : given.calls)
    calls.push_back({{"id", call.id},
                     {"name", call.name},
                     {"arguments", call.arguments},
                     {"malformed", call.malformed}});
  return {{"text", given.text},
          {"calls", std::move(calls)},
          {"stop", static_cast<int>(given.stop)},
          {"usage",
           {{"input", given.used.input},
            {"output", given.used.output},
            {"cacheRead", given.used.cache_read},
            {"cacheWrite", given.used.cache_write},
            {"reported", given.used.reported}}},
          {"usd", given.usd},
          {"model", given.model},
          {"provider", given.provider},
          {"opaque", given.opaque}};
}

model::answer answer_from(const json& from) {
  model::answer out;
  out.text = from.at("text").get<std::string>();
  for (const auto& call : from.at("calls"))
    out.calls.push_back({call.at("id").get<std::string>(), call.at("name").get<std::string>(),
                         call.at("arguments"), call.at("malformed").get<std::string>()});
  const int stop = from.at("stop").get<int>();
  if (stop >= 0 && stop <= static_cast<int>(model::stop_reason::other))
    out.stop = static_cast<model::stop_reason>(stop);
  const auto& used = from.at("usage");
  out.used.input = used.at("input").get<std::uint64_t>();
  out.used.output = used.at("output").get<std::uint64_t>();
  out.used.cache_read = used.at("cacheRead").get<std::uint64_t>();
  out.used.cache_write = used.at("cacheWrite").get<std::uint64_t>();
  out.used.reported = used.at("reported").get<bool>();
  out.usd = from.at("usd").get<double>();
  out.model = from.at("model").get<std::string>();
  out.provider = from.at("provider").get<std::string>();
  out.opaque = from.at("opaque");
  return out;
}

error unreadable(const char* what, const std::string& why) {
  return {errc::corrupt, std::string("read ") + what + ": " + why,
          "it was not written by this program"};
}

class nothing_pending : public model::pending {
 public:
  void cancel() override {}
};

}  // namespace

std::vector<mark> marks_of(const model::conversation& said, std::size_t first_turn) {
  std::vector<mark> out;
  const auto add = [&out](std::string what, const std::string& text) {
    out.push_back({std::move(what), schema::sha256_hex(text)});
  };
  if (first_turn == 0) {
    add("the platform's text", said.system);
    add("the task", said.task);
    for (const auto& span : said.context)
      if (span.origin != canary_origin) add(span.origin + " " + span.label, span.text);
    std::string tools;
    for (const auto& tool : said.tools) tools += tool.name + tool.description + text_of(tool.schema);
    add("the tools", tools);
  }
  for (std::size_t i = first_turn; i < said.turns.size(); ++i) {
    const auto& turn = said.turns[i];
    const std::string where = " of turn " + std::to_string(i + 1);
    if (turn.kind != model::turn_kind::tools) add("the text" + where, turn.text);
    for (const auto& span : turn.spans) add(span.origin + " " + span.label + where, span.text);
    for (std::size_t k = 0; k < turn.replies.size(); ++k)
      add("reply " + std::to_string(k + 1) + where + ": " + turn.replies[k].name,
          turn.replies[k].content.text);
  }
  return out;
}

request_change change_of(std::string_view previous, std::string_view request) {
  constexpr std::size_t margin = 4096;
  const auto shorter = std::min(previous.size(), request.size());
  request_change out;
  out.before = static_cast<std::size_t>(
      std::mismatch(request.begin(), request.begin() + static_cast<std::ptrdiff_t>(shorter),
                    previous.begin())
          .first -
      request.begin());
  out.before -= std::min(out.before, margin);
  const auto left = shorter - out.before;
  while (out.after < left &&
         request[request.size() - 1 - out.after] == previous[previous.size() - 1 - out.after])
    ++out.after;
  out.after -= std::min(out.after, margin);
  out.text = request.substr(out.before, request.size() - out.before - out.after);
  return out;
}

std::string exchange_text(const model::conversation& said, const model::answer& given,
                          std::string_view previous, std::size_t first_turn) {
  json marks = json::array();
  for (const auto& one : marks_of(said, first_turn)) marks.push_back({one.what, one.sha256});
  const auto request = change_of(previous, given.record.request);
  return text_of({{"kind", kind_of_exchange},
                  {"marks", std::move(marks)},
                  {"request",
                   {{"before", request.before}, {"after", request.after}, {"text", request.text}}},
                  {"reply", given.record.reply},
                  {"replyTruncated", given.record.truncated},
                  {"answer", to_json(given)}});
}

result<exchange> parse_exchange(const std::string& text) {
  try {
    const auto from = json::parse(text);
    if (from.at("kind") != kind_of_exchange) return unreadable("an exchange", "another kind of text");
    exchange out;
    for (const auto& one : from.at("marks"))
      out.marks.push_back({one.at(0).get<std::string>(), one.at(1).get<std::string>()});
    out.given = answer_from(from.at("answer"));
    return out;
  } catch (const json::exception& wrong) {
    return unreadable("an exchange", wrong.what());
  }
}

std::string transcript_text(const std::string& task_sha256,
                            const std::vector<std::string>& exchanges) {
  return text_of({{"kind", kind_of_transcript}, {"task", task_sha256}, {"exchanges", exchanges}});
}

result<std::vector<std::string>> parse_transcript(const std::string& text) {
  try {
    const auto from = json::parse(text);
    if (from.at("kind") != kind_of_transcript)
      return unreadable("a transcript", "another kind of text");
    return from.at("exchanges").get<std::vector<std::string>>();
  } catch (const json::exception& wrong) {
    return unreadable("a transcript", wrong.what());
  }
}

std::shared_ptr<model::pending> replay_provider::ask(const model::conversation& said,
                                                     const model::ask_settings&, done_fn done) {
  if (next_ == recorded_.size()) {
    model::failure none;
    none.kind = model::failure_kind::other;
    none.provider = "replay";
    none.text = "the transcript has no further answer: it ended after " + std::to_string(next_);
    done(none);
    return std::make_shared<nothing_pending>();
  }
  auto& one = recorded_[next_++];
  if (diverged_) {
    const auto now = marks_of(said, std::exchange(known_turns_, said.turns.size()));
    const auto common = std::min(now.size(), one.marks.size());
    std::size_t at = 0;
    while (at < common && now[at] == one.marks[at]) ++at;
    if (at < now.size() || at < one.marks.size()) {
      const auto tell = std::exchange(diverged_, nullptr);
      tell(static_cast<std::uint32_t>(next_), at < now.size() ? now[at].what : one.marks[at].what);
    }
  }
  auto given = std::move(one.given);
  // What was paid then is not paid again.
  given.usd = 0;
  given.failed.clear();
  done(std::move(given));
  return std::make_shared<nothing_pending>();
}

}  // namespace skein::agent
