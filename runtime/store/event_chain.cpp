// Appending to the hash chain, and which events are audited.
#include "runtime/store/event_chain.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace skein::store {

namespace {

void put_integer(std::string& out, std::uint64_t value) {
  char bytes[8];
  for (char& each : bytes) {
    each = static_cast<char>(value & 0xff);
    value >>= 8;
  }
  out.append(bytes, sizeof bytes);
}

void put_text(std::string& out, std::string_view value) {
  put_integer(out, value.size());
  out.append(value);
}

constexpr std::array<std::string_view, 24> store_kinds{
    "run_queued",           "runs_superseded", "campaign_started", "campaign_resumed",
    "campaign_paused",      "campaign_halted", "campaign_aborted", "campaign_completed",
    "campaign_wave_opened", "switch_set",      "switch_lifted",    "baseline_recorded",
    "intent_recorded",      "intent_pending",  "intent_unknown",   "intent_done",
    "intent_failed",        "approval_answered", "approval_approved", "approval_denied",
    "approval_expired",     "approval_withdrawn", "approval_escalated", "incident_recorded"};

const std::array<std::string, schema::all_run_states.size()>& kinds_by_state() {
  static const auto kinds = [] {
    std::array<std::string, schema::all_run_states.size()> out;
    for (const schema::run_state each : schema::all_run_states) {
      out[static_cast<std::size_t>(each)] = "run_" + std::string(schema::to_string(each));
    }
    return out;
  }();
  return kinds;
}

}  // namespace

chain_hasher::chain_hasher()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free),
      context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (!algorithm_ || !context_) throw std::runtime_error("SHA-256 is not available in OpenSSL");
}

digest chain_hasher::next(const digest& previous, std::int64_t seq, const event_content& event) {
  buffer_.clear();
  buffer_.append(reinterpret_cast<const char*>(previous.data()), previous.size());
  put_integer(buffer_, static_cast<std::uint64_t>(seq));
  put_integer(buffer_, static_cast<std::uint64_t>(event.at_ms));
  for (const std::string* text :
       {&event.kind, &event.run_id, &event.campaign, &event.tenant, &event.actor, &event.payload}) {
    put_text(buffer_, *text);
  }
  buffer_.push_back(event.audited ? '\1' : '\0');
  digest out;
  unsigned int size = 0;
  if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context_.get(), buffer_.data(), buffer_.size()) != 1 ||
      EVP_DigestFinal_ex(context_.get(), out.data(), &size) != 1 || size != out.size()) {
    throw std::runtime_error("OpenSSL could not compute a SHA-256");
  }
  return out;
}

event_chain::event_chain(connection& on)
    : connection_(on),
      insert_(on.database(),
              "INSERT INTO events (seq, at_ms, kind, run_seq, campaign, tenant, actor, payload, "
              "audited, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)") {}

result<> event_chain::load() {
  query stored(connection_.prepared("SELECT seq, hash FROM chain_head WHERE one = 1"));
  query last(connection_.prepared("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"));
  chain_head head;
  bool fits = stored.step();
  if (fits) {
    const std::string hash = stored.bytes(1);
    fits = hash.size() == head.hash.size();
    if (fits) std::memcpy(head.hash.data(), hash.data(), hash.size());
    head.seq = stored.integer(0);
    if (last.step()) {
      fits = fits && last.integer(0) == head.seq && last.bytes(1) == hash;
    } else {
      fits = fits && head == chain_head{};
    }
  }
  if (!fits) {
    return error{errc::corrupt,
                 "the event log of " + connection_.path().string() +
                     " does not end where its recorded head says: events were removed or changed",
                 "run `skein audit verify`; restore a backup, or use another --state-dir"};
  }
  head_ = head;
  return {};
}

void event_chain::save() {
  query(connection_.prepared("UPDATE chain_head SET seq = ?1, hash = ?2 WHERE one = 1"), head_.seq,
        blob{head_.hash.data(), static_cast<int>(head_.hash.size())})
      .run();
}

std::int64_t event_chain::append(std::int64_t run_seq, const event_content& event) {
  const std::int64_t seq = head_.seq + 1;
  const digest hash = hasher_.next(head_.hash, seq, event);
  query(insert_, seq, event.at_ms, event.kind, run_seq == 0 ? std::nullopt : std::optional(run_seq),
        event.campaign, event.tenant, event.actor, event.payload, event.audited,
        blob{hash.data(), static_cast<int>(hash.size())})
      .run();
  head_ = {seq, hash};
  return seq;
}

const std::string& kind_of(schema::run_state state) {
  return kinds_by_state()[static_cast<std::size_t>(state)];
}

std::optional<schema::run_state> state_said_by(std::string_view kind) {
  if (!kind.starts_with("run_")) return std::nullopt;
  kind.remove_prefix(4);
  if (kind == "queued") return schema::run_state::schedule;
  return schema::parse_run_state(kind);
}

bool is_reserved(std::string_view kind) {
  return state_said_by(kind).has_value() ||
         std::find(store_kinds.begin(), store_kinds.end(), kind) != store_kinds.end();
}

bool is_audited(std::string_view kind, std::string_view actor) {
  if (actor != "system") return true;
  if (kind == "run_queued") return true;
  if (const auto state = state_said_by(kind)) return schema::is_final(*state);
  for (const std::string_view prefix :
       {"campaign_", "switch_", "approval_", "policy_", "incident_", "runs_", "intent_",
        "pull_request_"}) {
    if (kind.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace skein::store
