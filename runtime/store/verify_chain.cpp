// Recomputes the hash chain and compares the state rows with what the chain says. Streams: memory
// is a few bytes per run, whatever the number of events.
#include "runtime/store/event_chain.hpp"
#include "runtime/store/run_row.hpp"
#include "runtime/store/sqlite_reader.hpp"

#include <cstring>
#include <map>

namespace skein::store {

namespace {

error broken(std::int64_t seq, const std::string& what) {
  return {errc::corrupt, "event " + std::to_string(seq) + ": " + what,
          "everything before it is intact; keep the file as evidence and restore a backup"};
}

error contradicted(const std::string& what, const std::string& row, const std::string& event) {
  return {errc::corrupt, what + " says " + row + ", its last event " + event,
          "the row was changed behind the store's back; keep the file as evidence"};
}

/// All statements of its life see the same state of the database.
class snapshot {
 public:
  explicit snapshot(connection& on) : on_(on) { on_.database().exec("BEGIN"); }
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;
  ~snapshot() { on_.database().tryExec("COMMIT"); }

 private:
  connection& on_;
};

/// The last state that the events give each run, intent and campaign.
class replayed_states {
 public:
  void see(const std::string& kind, std::int64_t run_seq, const std::string& campaign) {
    if (run_seq > 0) {
      const auto at = static_cast<std::size_t>(run_seq);
      if (const auto state = state_said_by(kind)) {
        grow(runs_, at) = static_cast<std::uint8_t>(static_cast<int>(*state) + 1);
      } else if (kind == "intent_recorded") {
        grow(intents_, at) = 'p';
      } else if (kind.starts_with("intent_")) {
        grow(intents_, at) = static_cast<std::uint8_t>(kind[7]);
      }
    } else if (kind == "campaign_started" || kind == "campaign_resumed") {
      campaigns_[campaign] = "running";
    } else if (is_reserved(kind) && kind.starts_with("campaign_") &&
               kind != "campaign_wave_opened") {
      campaigns_[campaign] = kind.substr(9);
    }
  }

  [[nodiscard]] result<> compare_runs(connection& on) const {
    query rows(on.prepared("SELECT seq, id, state, phase FROM runs ORDER BY seq"));
    std::size_t stored = 0;
    while (rows.step()) {
      const std::string said = state_at(rows.integer(0));
      if (rows.text(2) != said) {
        return contradicted("run " + rows.text(1), rows.text(2), said);
      }
      if (rows.integer(3) != phase_of(state_of_word(said))) {
        return contradicted("run " + rows.text(1), "phase " + rows.text(3), said);
      }
      ++stored;
    }
    std::size_t spoken_of = 0;
    for (const std::uint8_t each : runs_) spoken_of += each != 0 ? 1 : 0;
    if (stored != spoken_of) {
      return error{errc::corrupt,
                   std::to_string(spoken_of) + " runs have events, " + std::to_string(stored) +
                       " have a row",
                   "rows were removed; keep the file as evidence"};
    }
    return {};
  }

  [[nodiscard]] result<> compare_intents(connection& on) const {
    query rows(
        on.prepared("SELECT o.run_seq, r.id, o.state FROM outbox o JOIN runs r ON "
                    "r.seq = o.run_seq ORDER BY o.run_seq"));
    std::size_t stored = 0;
    while (rows.step()) {
      const auto at = static_cast<std::size_t>(rows.integer(0));
      const std::uint8_t said = at < intents_.size() ? intents_[at] : 0;
      const std::string row = rows.text(2);
      if (said == 0 || row.empty() || static_cast<std::uint8_t>(row[0]) != said) {
        return contradicted("the intent of run " + rows.text(1), row, word_of_intent(said));
      }
      ++stored;
    }
    std::size_t spoken_of = 0;
    for (const std::uint8_t each : intents_) spoken_of += each != 0 ? 1 : 0;
    if (stored != spoken_of) {
      return error{errc::corrupt,
                   std::to_string(spoken_of) + " intents have events, " + std::to_string(stored) +
                       " have a row",
                   "rows were removed; keep the file as evidence"};
    }
    return {};
  }

  [[nodiscard]] result<> compare_campaigns(connection& on) const {
    query rows(on.prepared("SELECT name, state FROM campaigns ORDER BY rowid"));
    std::size_t stored = 0;
    while (rows.step()) {
      const auto said = campaigns_.find(rows.text(0));
      if (said == campaigns_.end() || said->second != rows.text(1)) {
        return contradicted("campaign " + rows.text(0), rows.text(1),
                            said == campaigns_.end() ? "nothing" : said->second);
      }
      ++stored;
    }
    if (stored != campaigns_.size()) {
      return error{errc::corrupt, "a campaign that has events has no row",
                   "rows were removed; keep the file as evidence"};
    }
    return {};
  }

 private:
  static std::uint8_t& grow(std::vector<std::uint8_t>& in, std::size_t at) {
    if (at >= in.size()) in.resize(at + at / 2 + 64);
    return in[at];
  }
  static std::string word_of_intent(std::uint8_t letter) {
    switch (letter) {
      case 'p':
        return "pending";
      case 'u':
        return "unknown";
      case 'd':
        return "done";
      case 'f':
        return "failed";
      default:
        return "nothing";
    }
  }
  [[nodiscard]] std::string state_at(std::int64_t run_seq) const {
    const auto at = static_cast<std::size_t>(run_seq);
    if (run_seq <= 0 || at >= runs_.size() || runs_[at] == 0) return "nothing";
    return word_of(static_cast<schema::run_state>(runs_[at] - 1));
  }

  std::vector<std::uint8_t> runs_;     ///< by run seq: 1 + state; 0: no event
  std::vector<std::uint8_t> intents_;  ///< by run seq: first letter of the state; 0: no event
  std::map<std::string, std::string> campaigns_;
};

result<chain_head> replay(connection& on, replayed_states& states) {
  chain_hasher hasher;
  chain_head head;
  query rows(on.prepared(
      "SELECT e.seq, e.at_ms, e.kind, e.run_seq, r.id, e.campaign, e.tenant, e.actor, e.payload, "
      "e.audited, e.hash FROM events e LEFT JOIN runs r ON r.seq = e.run_seq ORDER BY e.seq"));
  while (rows.step()) {
    const std::int64_t seq = rows.integer(0);
    if (seq != head.seq + 1) {
      return broken(head.seq + 1, "it is missing, the next one is " + std::to_string(seq));
    }
    const std::int64_t run_seq = rows.integer(3);
    // A rowid could be out of reason in a doctored file; a run always has an event of its own.
    if (run_seq < 0 || run_seq > seq) return broken(seq, "it names a run that cannot exist yet");
    const std::string kind = rows.text(2);
    const std::string run_id = rows.text(4);
    if (run_seq > 0 && run_id.empty()) return broken(seq, "its run is missing");
    const std::string campaign = rows.text(5);
    const std::string tenant = rows.text(6);
    const std::string actor = rows.text(7);
    const std::string payload = rows.text(8);
    const digest expected = hasher.next(
        head.hash, seq,
        {rows.integer(1), kind, run_id, campaign, tenant, actor, payload, rows.integer(9) != 0});
    const std::string stored = rows.bytes(10);
    if (stored.size() != expected.size() ||
        std::memcmp(stored.data(), expected.data(), expected.size()) != 0) {
      return broken(seq, "its hash does not fit its content and the event before it");
    }
    states.see(kind, run_seq, campaign);
    head = {seq, expected};
  }
  return head;
}

}  // namespace

result<std::uint64_t> sqlite_reader::verify_chain() const {
  return guarded(connection_, "verify the event log", [&]() -> result<std::uint64_t> {
    const snapshot same_state(connection_);
    replayed_states states;
    SKEIN_TRY(head, replay(connection_, states));
    query stored(connection_.prepared("SELECT seq, hash FROM chain_head WHERE one = 1"));
    const std::string hash(reinterpret_cast<const char*>(head.hash.data()), head.hash.size());
    if (!stored.step() || stored.integer(0) != head.seq || stored.bytes(1) != hash) {
      return broken(head.seq + 1, "it is missing at the end of the log");
    }
    SKEIN_CHECK(states.compare_runs(connection_));
    SKEIN_CHECK(states.compare_campaigns(connection_));
    SKEIN_CHECK(states.compare_intents(connection_));
    return static_cast<std::uint64_t>(head.seq);
  });
}

}  // namespace skein::store
