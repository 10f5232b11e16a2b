// Pages of nothing but text: a log, a help.
#include "cli/console/page.hpp"
#include "cli/console/text_block.hpp"

namespace skein::cli::screen {

namespace {

class log final : public page {
 public:
  log(std::string title, std::string run, std::string ref)
      : title_(std::move(title)), run_(std::move(run)), ref_(std::move(ref)) {}
  std::string title() const override { return title_; }
  bool selects() const override { return false; }
  std::size_t rows() const override { return text_.lines(); }
  std::string nothing() const override { return "no output"; }
  line row(std::size_t index, std::size_t width) const override { return text_.at(index, width); }
  result<> load(const feed& from, const window&) override {
    if (loaded_ || ref_.empty()) return {};
    SKEIN_TRY(text, from.artifact(run_, ref_));
    text_ = text_block(std::move(text), text_block::kind::text);
    loaded_ = true;
    return {};
  }

 private:
  std::string title_;
  std::string run_;
  std::string ref_;
  text_block text_;
  bool loaded_ = false;
};

constexpr const char* help_text = R"(Views
  1 … 7            fleet, runs, approvals, campaigns, tenants, incidents, switches
  Enter            open what is chosen
  q, Esc, Backspace   back; in a view of its own: end the console
  Tab, Shift-Tab, ← →, h l   the other sides of a run: summary, calls and logs, diff, findings, events

Moving
  j k, ↓ ↑         one line
  Ctrl-D Ctrl-U    half a page
  Space, PgDn, b, PgUp   a page
  g, Home, G, End  beginning, end

Finding
  /                in a list of runs: show only what fits, with words and any of
                   state:STATE (or state:open), tenant:NAME, campaign:NAME
                   elsewhere: search; n and N go on
  c                show everything again
  r                read again

Answers (an approval, or the list of them)
  a                approve, with a reason
  d                deny, with a reason

Switches (what is chosen: a run, a campaign, a tenant; in the fleet view everything)
  H                hold: nothing new starts, what runs goes on
  D                drain: as hold; what runs goes on to its end
  K                kill: stop everything now, queued runs too, until it is lifted
  L                lift every switch on it
  Each asks for a reason and for its own words, typed, before it does anything.

Tenants
  WORK             runs at work, and how many may be
  USD and TOKENS   used+reserved/limit: reserved is what runs at work may use yet; without
                   a limit there is no /
  PRS/H, PRS/D     pull requests opened in the last hour and day, and their limit

Ctrl-C ends the console from anywhere; what was ordered goes on.
)";

class help final : public page {
 public:
  std::string title() const override { return "help"; }
  bool selects() const override { return false; }
  std::size_t rows() const override { return text_.lines(); }
  line row(std::size_t index, std::size_t width) const override { return text_.at(index, width); }
  result<> load(const feed&, const window&) override { return {}; }

 private:
  text_block text_{help_text, text_block::kind::text};
};

}  // namespace

std::unique_ptr<page> artifact_page(std::string title, std::string run, std::string ref) {
  return std::make_unique<log>(std::move(title), std::move(run), std::move(ref));
}

std::unique_ptr<page> help_page() {
  return std::make_unique<help>();
}

}  // namespace skein::cli::screen
