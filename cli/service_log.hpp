// The log of a daemon on stderr: a line an event, for people or as JSON.
#pragma once

namespace skein::cli {

enum class log_style { text, json };

/// Everything from info on, from debug on when `verbose`. Other people's text cannot forge a line.
void start_service_log(log_style how, bool verbose);

}  // namespace skein::cli
