// Recomputes the hash chain and compares the state rows with what the chain says. Streams: memory
// is a few bytes per run, whatever the number of events.
#include "runtime/store/event_chain.hpp"
#include "runtime/store/run_row.hpp"
#include "runtime/store/sqlite_reader.hpp"

#include <nlohmann/json.hpp>

#include <cstring>
#include <map>
#include <utility>

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

/// What the events say about questions to people: who answered what, and how it ended.
class replayed_approvals {
 public:
  void see(const std::string& kind, std::int64_t run_seq, const std::string& actor,
           const std::string& payload) {
    if (!kind.starts_with("approval_") || run_seq <= 0) return;
    const auto said = nlohmann::json::parse(payload, nullptr, false);
    if (!said.is_object()) return;
    const auto number = [&said](const char* name) {
      const auto found = said.find(name);
      return found != said.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
    };
    const question at{run_seq, number("attempt")};
    if (kind == "approval_answered") {
      const auto yes = said.find("approve");
      const auto diff = said.find("diffSha256");
      votes_[{at, actor}] = {
          yes != said.end() && *yes == true,
          diff != said.end() && diff->is_string() ? diff->get<std::string>() : std::string{}};
    } else if (kind != "approval_escalated") {
      closed_[at] = kind.substr(std::string_view("approval_").size());
    }
  }

  [[nodiscard]] result<> compare(connection& on) const {
    std::size_t answers = 0;
    query votes(
        on.prepared("SELECT v.run_seq, v.attempt, v.voter, v.approve, a.diff_sha256, r.id FROM "
                    "approval_votes v JOIN approvals a ON a.run_seq = v.run_seq AND a.attempt = "
                    "v.attempt JOIN runs r ON r.seq = v.run_seq"));
    while (votes.step()) {
      const std::string what = "the answer of " + votes.text(2) + " about run " + votes.text(5);
      const auto said = votes_.find({{votes.integer(0), votes.integer(1)}, votes.text(2)});
      if (said == votes_.end())
        return contradicted(what, word_of_vote(votes.integer(3) != 0), "nothing");
      if (said->second.approve != (votes.integer(3) != 0)) {
        return contradicted(what, word_of_vote(votes.integer(3) != 0),
                            word_of_vote(said->second.approve));
      }
      if (said->second.diff != votes.text(4)) {
        return contradicted(what, "change " + votes.text(4), "change " + said->second.diff);
      }
      ++answers;
    }
    if (answers != votes_.size()) {
      return error{errc::corrupt, "an answer about a change that has an event has no row",
                   "rows were removed; keep the file as evidence"};
    }
    std::size_t ended = 0;
    query rows(
        on.prepared("SELECT a.run_seq, a.attempt, a.state, r.id FROM approvals a JOIN runs r ON "
                    "r.seq = a.run_seq"));
    while (rows.step()) {
      const auto found = closed_.find({rows.integer(0), rows.integer(1)});
      const std::string said = found == closed_.end() ? "pending" : found->second;
      if (rows.text(2) != said) {
        return contradicted("the approval of run " + rows.text(3), rows.text(2), said);
      }
      ended += found == closed_.end() ? 0 : 1;
    }
    if (ended != closed_.size()) {
      return error{errc::corrupt, "an approval that has events has no row",
                   "rows were removed; keep the file as evidence"};
    }
    return {};
  }

 private:
  using question = std::pair<std::int64_t, std::int64_t>;  ///< run seq and attempt
  struct vote {
    bool approve = false;
    std::string diff;
  };
  static std::string word_of_vote(bool approve) { return approve ? "approve" : "deny"; }

  std::map<std::pair<question, std::string>, vote> votes_;
  std::map<question, std::string> closed_;  ///< the word of the state it ended in
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
    } else if (kind.starts_with("campaign_") && kind != "campaign_wave_opened") {
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

result<chain_head> replay(connection& on, replayed_states& states, replayed_approvals& approvals) {
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
    // Only the store's own kinds say what a row should be: a note may have any other name.
    if (is_reserved(kind)) {
      states.see(kind, run_seq, campaign);
      approvals.see(kind, run_seq, actor, payload);
    }
    head = {seq, expected};
  }
  return head;
}

}  // namespace

result<std::uint64_t> sqlite_reader::verify_chain() const {
  return guarded(connection_, "verify the event log", [&]() -> result<std::uint64_t> {
    const snapshot same_state(connection_);
    replayed_states states;
    replayed_approvals approvals;
    SKEIN_TRY(head, replay(connection_, states, approvals));
    query stored(connection_.prepared("SELECT seq, hash FROM chain_head WHERE one = 1"));
    const std::string hash(reinterpret_cast<const char*>(head.hash.data()), head.hash.size());
    if (!stored.step() || stored.integer(0) != head.seq || stored.bytes(1) != hash) {
      return broken(head.seq + 1, "it is missing at the end of the log");
    }
    SKEIN_CHECK(states.compare_runs(connection_));
    SKEIN_CHECK(states.compare_campaigns(connection_));
    SKEIN_CHECK(states.compare_intents(connection_));
    SKEIN_CHECK(approvals.compare(connection_));
    return static_cast<std::uint64_t>(head.seq);
  });
}

}  // namespace skein::store
