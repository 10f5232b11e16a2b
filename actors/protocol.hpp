// All typed handles of the fleet: read this first. Per message: who sends it, what is replied, what
// its loss means, whether it may be repeated. A request that fails is answered by an error (see
// errors.hpp); every requester sets a finite timeout.
#pragma once

#include "actors/messages.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace skein::actors {

/// The only writer of the state database. Detached. Sender: everyone. A lost commit is a commit that
/// did not happen; commits of a run are guarded by state and attempt, so repeating one is harmless.
using store_actor = caf::typed_actor<
    caf::replies_to<commit>::with<store::applied>, caf::replies_to<get_run>::with<schema::run>,
    caf::replies_to<get_task>::with<std::string>, caf::replies_to<get_queued>::with<queued_list>,
    caf::replies_to<get_lane>::with<queued_list>,
    caf::replies_to<count_queue>::with<store::queue_counts>,
    caf::replies_to<get_interrupted>::with<run_list>,
    caf::replies_to<get_switches>::with<switch_list>, caf::replies_to<get_runs>::with<run_list>,
    caf::replies_to<get_campaign>::with<store::campaign_row>,
    caf::replies_to<get_campaigns>::with<campaign_list>,
    caf::replies_to<get_totals>::with<totals_list>,
    caf::replies_to<get_baseline>::with<baseline_answer>,
    caf::replies_to<get_intent>::with<intent_answer>,
    caf::replies_to<get_tenants>::with<tenant_list>,
    caf::replies_to<get_pull_requests>::with<pull_request_list>,
    caf::replies_to<get_pull_request_figures>::with<store::pull_request_totals>,
    caf::replies_to<get_timetables>::with<timetable_list>,
    caf::replies_to<get_past_use>::with<past_use>,
    caf::replies_to<get_approvals>::with<approval_list>, caf::reacts_to<flush_tick>>;

/// The control plane's git objects and artifacts. Sender: run, tool call, verifier. Every request
/// may be repeated: mirrors, checkouts, trees and artifacts are made once and found again.
using repository_actor =
    caf::typed_actor<caf::replies_to<prepare_base>::with<prepared_base>,
                     caf::replies_to<record_change>::with<recorded_change>,
                     caf::replies_to<carry_change>::with<carried_change>,
                     caf::replies_to<put_text>::with<stored_text>, caf::reacts_to<job_done>>;

/// One attempt's files and cells on a worker. Sender: run, agent, tool call, verifier. Monitors the
/// run that opened it and closes itself when the run is gone. Its own death means the attempt is lost.
using workspace_actor = caf::typed_actor<
    caf::replies_to<enter_phase>::with<phase_entered>,
    caf::replies_to<execute>::with<cell::command_result>,
    caf::replies_to<collect_change>::with<change_collected>,
    caf::replies_to<start_server>::with<server_started>,
    caf::replies_to<find_way_out>::with<way_out_found>,
    caf::replies_to<close_attempt>::with<attempt_closed>, caf::reacts_to<cell_ready>,
    caf::reacts_to<job_done>>;

/// Who hears what a cell tried to reach. Sender: the cell's proxy. A lost report is a gap in the
/// trace; nothing is decided by it.
using way_out_listener = caf::typed_actor<caf::reacts_to<way_out_tried>>;

/// A machine that has cells. Sender: run. Repeating open_attempt for the same run and attempt is
/// answered `conflict`.
using worker_actor =
    caf::typed_actor<caf::replies_to<open_attempt>::with<workspace_actor>>;

/// One invocation of a tool. Sender: the run that spawned it, once.
using tool_call_actor = caf::typed_actor<caf::replies_to<perform_call>::with<call_outcome>,
                                         caf::reacts_to<job_done>>;

/// Who does the work of a run that a model directs. Sender: the run that spawned it; again for every
/// repair. Monitors the run and ends with it; its death means that the attempt is lost.
using agent_actor = caf::typed_actor<caf::replies_to<perform_agent>::with<agent_done>,
                                     caf::reacts_to<job_done>>;

/// One verifier of a run. Sender: the run that spawned it, once.
using verifier_actor =
    caf::typed_actor<caf::replies_to<perform_verification>::with<schema::verdict>>;

/// The durable outbox. Sender: run. May be repeated: the intent of a run is one row, and an intent
/// whose outcome is not known is reconciled with the remote before anything is sent.
/// look_at goes on to whoever looks after what is open.
using publisher_actor = caf::typed_actor<caf::replies_to<publish_run>::with<publish_outcome>,
                                         caf::reacts_to<look_at>, caf::reacts_to<job_done>>;

/// One admitted run. Sender of kill_run and park_run: fleet; the first one counts, later ones get
/// the same answer. Sender of book_usage: its agent, before anything is spent; the reply leaves when
/// it is durable.
using run_actor =
    caf::typed_actor<caf::replies_to<kill_run>::with<run_stopped>,
                     caf::replies_to<park_run>::with<run_stopped>,
                     caf::replies_to<book_usage>::with<usage_booked>,
                     caf::reacts_to<wall_clock_tick>, caf::reacts_to<job_done>,
                     caf::reacts_to<gateway_used>,
                     caf::reacts_to<gateway_request>, caf::reacts_to<way_out_tried>>;

/// Who hears that a judge has answered.
using judging_run = caf::typed_actor<caf::reacts_to<job_done>>;

/// One tenant's quota. Sender: scheduler (request), fleet (return). A lost return is made good by the
/// fleet, which returns the lease of every run that ended or died.
using tenant_actor =
    caf::typed_actor<caf::replies_to<request_lease>::with<lease_answer>,
                     caf::replies_to<take_pull_request>::with<pull_request_answer>,
                     caf::reacts_to<return_lease>>;

/// Admission. Sender: intake, campaign, fleet. A lost dispatch_tick or queue_changed delays, never
/// loses, a run: the scheduler ticks by itself and compares itself with the rows.
using scheduler_actor =
    caf::typed_actor<caf::reacts_to<dispatch_tick>, caf::reacts_to<idle_tick>,
                     caf::reacts_to<queue_changed>, caf::replies_to<get_why>::with<why_answer>,
                     caf::replies_to<take_pull_request>::with<pull_request_answer>,
                     caf::reacts_to<switches_changed>, caf::reacts_to<run_adopted>,
                     caf::reacts_to<focus_on>,
                     caf::reacts_to<cell_released>, caf::reacts_to<run_finished>,
                     caf::replies_to<get_load>::with<load_answer>>;

/// One campaign that is not over. Sender: fleet. run_finished only says "look again": waves are
/// decided from the stored totals, so a lost or repeated one does no harm.
using campaign_actor =
    caf::typed_actor<caf::reacts_to<run_finished>, caf::reacts_to<wave_tick>,
                     caf::replies_to<control_campaign>::with<campaign_answer>>;

/// Where work enters: validates, freezes, fingerprints, dedups. Sender: fleet's clients. A repeated
/// submit_run ends as `duplicate`.
using intake_actor = caf::typed_actor<caf::replies_to<submit_run>::with<submitted>,
                                      caf::replies_to<submit_campaign>::with<campaign_submitted>,
                                      caf::replies_to<retry_campaign>::with<retried>,
                                      caf::reacts_to<job_done>>;

/// Campaigns that start by themselves. Sender: fleet. What is due follows from its rows and the
/// clock, so a lost or repeated message only delays; a start has its time in its name, so a repeated
/// one finds the first.
using timetable_actor =
    caf::typed_actor<caf::reacts_to<timetables_changed>, caf::reacts_to<timetable_tick>,
                     caf::reacts_to<switches_changed>>;

/// What waits for people: passes their answers to the store, which holds the rules, and ends what
/// nobody answered in time. Sender: fleet, itself. A lost tick is made good by the next.
using approvals_actor = caf::typed_actor<caf::replies_to<decide_run>::with<run_decided>,
                                         caf::reacts_to<idle_tick>>;

/// Root supervisor: recovers at start, spawns and restarts runs and campaigns, carries switches out.
using fleet_actor = caf::typed_actor<
    caf::replies_to<boot>::with<booted>, caf::reacts_to<run_admitted>,
    caf::reacts_to<cell_released>, caf::reacts_to<run_finished>, caf::reacts_to<budget_gone>,
    caf::replies_to<submit_run>::with<submitted>,
    caf::replies_to<submit_campaign>::with<campaign_submitted>,
    caf::replies_to<retry_campaign>::with<retried>,
    caf::replies_to<control_campaign>::with<campaign_answer>,
    caf::replies_to<operate_switch>::with<switch_report>,
    caf::replies_to<operate_lift>::with<switch_report>,
    caf::replies_to<attach_run>::with<submitted>,
    caf::replies_to<decide_run>::with<run_decided>,
    caf::replies_to<get_active>::with<active_answer>,
    caf::replies_to<get_why>::with<why_answer>, caf::reacts_to<preempt_run>,
    caf::replies_to<take_pull_request>::with<pull_request_answer>,
    caf::replies_to<stop_fleet>::with<fleet_stopped>>;

/// Orderly stop with a deadline. Sender: the program, once.
using terminator_actor = caf::typed_actor<caf::replies_to<stop_fleet>::with<fleet_stopped>>;

}  // namespace skein::actors

// These messages stay inside the process: none is serialised, so none needs a type id.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::commit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_queued)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_interrupted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_switches)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_runs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_campaign)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_campaigns)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_totals)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_baseline)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_intent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_tenants)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_pull_requests)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::pull_request_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_pull_request_figures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::store::pull_request_totals)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::flush_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_approvals)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::approval_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::decide_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::run_decided)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::run_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::queued_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::switch_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::campaign_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::totals_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::tenant_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::baseline_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::intent_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::prepare_base)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::prepared_base)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::record_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::carry_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::carried_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::recorded_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::put_text)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::stored_text)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::open_attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::way_out_tried)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::enter_phase)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::phase_entered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::execute)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::collect_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::change_collected)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::start_server)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::server_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::find_way_out)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::way_out_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::close_attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::attempt_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::cell_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::gateway_used)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::gateway_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::perform_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::agent_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::book_usage)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::usage_booked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::perform_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::call_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::perform_verification)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::look_at)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::publish_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::publish_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::kill_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::park_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::run_stopped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::wall_clock_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::cell_released)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::run_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::request_lease)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::lease_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::return_lease)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::budget_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::dispatch_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_lane)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::count_queue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::queue_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::preempt_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_why)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_timetables)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::timetable_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_past_use)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::past_use)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::take_pull_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::pull_request_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::timetables_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::timetable_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::why_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::store::queue_counts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::idle_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::run_adopted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::switches_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::run_admitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::focus_on)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::attach_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::load_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::control_campaign)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::campaign_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::wave_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::submit_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::submitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::submit_campaign)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::campaign_submitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::retry_campaign)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::retried)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::expanded_repos)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::boot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::booted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::operate_switch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::operate_lift)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::switch_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::stop_fleet)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::fleet_stopped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::get_active)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::active_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::job_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::store::applied)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::store::campaign_row)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::schema::run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::schema::verdict)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::cell::command_result)
