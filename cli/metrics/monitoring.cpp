#include "cli/metrics/monitoring.hpp"

#include "runtime/metrics/exposition.hpp"
#include "runtime/store/writer.hpp"

#include <chrono>
#include <ctime>
#include <optional>

namespace skein::cli {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds freshness{1};

/// What was found at the last look.
struct findings {
  bool alive = false;  ///< the fleet can commit
  bool busy = false;   ///< it did not answer in time
  std::string reason;  ///< why it is not alive
  std::optional<metrics::figures> figures;
  std::string unread;  ///< why there are no figures
  double seconds = 0;
};

class desk {
 public:
  desk(actors::fleet_client& fleet, monitoring_wish wish)
      : fleet_(fleet), wish_(std::move(wish)), started_s_(std::time(nullptr)) {}

  std::unique_ptr<http_answer> answer(const std::string& path) {
    if (path == "/metrics") return metrics_page();
    if (path == "/healthz") return health_page();
    if (path == "/readyz") return readiness_page();
    return nullptr;
  }

 private:
  static std::unique_ptr<http_answer> page(unsigned status, std::string body) {
    auto out = std::make_unique<http_answer>();
    out->status = status;
    out->body = std::move(body);
    return out;
  }

  std::unique_ptr<http_answer> metrics_page() {
    look();
    // A monitoring system has to see that it is blind, instead of old figures.
    if (!last_.figures) return page(503, "figures: " + last_.unread + "\n");
    auto out =
        page(200, metrics::exposition(*last_.figures, {wish_.version, wish_.cells, last_.alive,
                                                       started_s_, last_.seconds}));
    out->type = metrics::exposition_type;
    return out;
  }
  /// 503: a restart may help.
  std::unique_ptr<http_answer> health_page() {
    look();
    if (last_.alive || last_.busy) return page(200, last_.busy ? "ok, busy\n" : "ok\n");
    return page(503, "the fleet cannot commit: " + last_.reason + "\n");
  }
  /// 503: send nothing new for now.
  std::unique_ptr<http_answer> readiness_page() {
    look();
    if (last_.busy) return page(503, "the fleet did not answer in time\n");
    if (!last_.alive) return page(503, "the fleet cannot commit: " + last_.reason + "\n");
    if (!last_.figures) return page(503, "figures: " + last_.unread + "\n");
    return page(200, "ready\n");
  }

  void look() {
    const auto now = clock::now();
    if (looked_ && now - *looked_ < freshness) return;
    last_ = {};
    ask_fleet();
    const auto began = clock::now();
    read_figures();
    last_.seconds = std::chrono::duration<double>(clock::now() - began).count();
    // From the end: a look that takes long is not repeated without a break.
    looked_ = clock::now();
  }
  void ask_fleet() {
    const auto health = fleet_.active();
    if (!health) {
      last_.busy = health.error().code == errc::timeout;
      last_.reason = health.error().message;
    } else if (health->store_failed) {
      last_.reason = health->reason.empty() ? "its store failed" : health->reason;
    } else {
      last_.alive = true;
    }
  }
  void read_figures() {
    if (!source_) {
      auto opened = metrics::figure_source::open(store::state_layout{wish_.state_dir});
      if (!opened) {
        last_.unread = opened.error().message;
        return;
      }
      source_ = std::move(*opened);
    }
    auto figures = source_->look();
    if (!figures) {
      last_.unread = figures.error().message;
      source_.reset();
      return;
    }
    last_.figures = std::move(*figures);
  }

  actors::fleet_client& fleet_;
  monitoring_wish wish_;
  std::int64_t started_s_;
  std::unique_ptr<metrics::figure_source> source_;
  std::optional<clock::time_point> looked_;
  findings last_;
};

}  // namespace

http_endpoint::answer_fn monitoring_answers(actors::fleet_client& fleet,
                                            const monitoring_wish& wish) {
  auto at = std::make_shared<desk>(fleet, wish);
  return [at](const std::string& path) { return at->answer(path); };
}

result<std::unique_ptr<http_endpoint>> start_monitoring(actors::fleet_client& fleet,
                                                        const monitoring_wish& wish) {
  return http_endpoint::start(wish.address, monitoring_answers(fleet, wish));
}

}  // namespace skein::cli
