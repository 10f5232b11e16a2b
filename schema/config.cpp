// `skein.yaml` as JSON and back.
#include "schema/config.hpp"

#include "schema/json_read.hpp"
#include "schema/quantity.hpp"
#include "schema/spec_json.hpp"

namespace skein::schema {

using nlohmann::json;

namespace {

json to_json(const provider_config& value) {
  json out = {{"wire", value.wire}, {"models", value.models}};
  if (!value.base_url.empty()) out["baseUrl"] = value.base_url;
  if (!value.key_env.empty()) out["key"] = {{"env", value.key_env}};
  if (!value.key_file.empty()) out["key"] = {{"file", value.key_file}};
  if (!value.key_credential.empty()) out["key"] = {{"credential", value.key_credential}};
  if (!value.ca_file.empty()) out["caFile"] = value.ca_file;
  json prices = json::object();
  for (const auto& [model, each] : value.prices) {
    prices[model] = {{"input", each.input},
                     {"output", each.output},
                     {"cacheRead", each.cache_read},
                     {"cacheWrite", each.cache_write}};
  }
  out["prices"] = std::move(prices);
  return out;
}

provider_config provider_from_json(const json& from) {
  using detail::read;
  provider_config out;
  read(from, "wire", out.wire);
  read(from, "baseUrl", out.base_url);
  read(from, "models", out.models);
  read(from, "caFile", out.ca_file);
  const json& key = detail::member(from, "key");
  read(key, "env", out.key_env);
  read(key, "file", out.key_file);
  read(key, "credential", out.key_credential);
  for (const auto& [model, each] : detail::member(from, "prices").items()) {
    auto& price = out.prices[model];
    read(each, "input", price.input);
    read(each, "output", price.output);
    // What is not said costs like the whole: never less than it may be.
    price.cache_read = price.input;
    price.cache_write = price.input;
    read(each, "cacheRead", price.cache_read);
    read(each, "cacheWrite", price.cache_write);
  }
  return out;
}

json to_json(const secret_place& value) {
  if (!value.env.empty()) return {{"env", value.env}};
  if (!value.file.empty()) return {{"file", value.file}};
  return {{"credential", value.credential}};
}

secret_place secret_from_json(const json& from) {
  secret_place out;
  detail::read(from, "env", out.env);
  detail::read(from, "file", out.file);
  detail::read(from, "credential", out.credential);
  return out;
}

json to_json(const forge_config& value) {
  json out = {{"kind", value.kind},
              {"repositories", value.repositories},
              {"limits",
               {{"writesPerMinute", value.writes_per_minute},
                {"writesPerHour", value.writes_per_hour},
                {"openPerRepository", value.open_per_repository},
                {"openedPerHour", value.opened_per_hour},
                {"openedPerDay", value.opened_per_day},
                {"rebases", value.rebases}}},
              {"pollAfter", format_duration(value.poll_after)},
              {"stale",
               {{"remindAfter", format_duration(value.remind_after)},
                {"closeAfter", format_duration(value.close_after)},
                {"deleteAfter", format_duration(value.delete_after)}}}};
  if (!value.api_url.empty()) out["apiUrl"] = value.api_url;
  if (!value.token_env.empty()) out["token"] = {{"env", value.token_env}};
  if (!value.token_file.empty()) out["token"] = {{"file", value.token_file}};
  if (!value.token_credential.empty()) out["token"] = {{"credential", value.token_credential}};
  if (!value.app_id.empty()) {
    out["app"] = {{"id", value.app_id}, {"privateKey", {{"file", value.app_key_file}}}};
  }
  if (!value.ca_file.empty()) out["caFile"] = value.ca_file;
  if (!value.directory.empty()) out["directory"] = value.directory;
  if (!value.webhook_secret.empty()) {
    out["webhook"]["secret"] = to_json(value.webhook_secret);
    if (!value.webhook_old_secret.empty()) {
      out["webhook"]["oldSecret"] = to_json(value.webhook_old_secret);
    }
  }
  return out;
}

forge_config forge_from_json(const json& from) {
  using detail::read;
  forge_config out;
  read(from, "kind", out.kind);
  read(from, "repositories", out.repositories);
  read(from, "apiUrl", out.api_url);
  read(from, "caFile", out.ca_file);
  const json& token = detail::member(from, "token");
  read(token, "env", out.token_env);
  read(token, "file", out.token_file);
  read(token, "credential", out.token_credential);
  const json& app = detail::member(from, "app");
  read(app, "id", out.app_id);
  read(detail::member(app, "privateKey"), "file", out.app_key_file);
  read(from, "directory", out.directory);
  const json& webhook = detail::member(from, "webhook");
  out.webhook_secret = secret_from_json(detail::member(webhook, "secret"));
  out.webhook_old_secret = secret_from_json(detail::member(webhook, "oldSecret"));
  const json& limits = detail::member(from, "limits");
  read(limits, "writesPerMinute", out.writes_per_minute);
  read(limits, "writesPerHour", out.writes_per_hour);
  read(limits, "openPerRepository", out.open_per_repository);
  read(limits, "openedPerHour", out.opened_per_hour);
  read(limits, "openedPerDay", out.opened_per_day);
  read(limits, "rebases", out.rebases);
  detail::read_duration(from, "pollAfter", out.poll_after);
  const json& stale = detail::member(from, "stale");
  detail::read_duration(stale, "remindAfter", out.remind_after);
  detail::read_duration(stale, "closeAfter", out.close_after);
  detail::read_duration(stale, "deleteAfter", out.delete_after);
  return out;
}

}  // namespace

json to_json(const config& value) {
  json tenants = json::object();
  for (const auto& [name, each] : value.tenants) {
    tenants[name] = {{"weight", each.weight},
                     {"maxConcurrency", each.max_concurrency},
                     {"usd", each.usd},
                     {"tokens", each.tokens},
                     {"pullRequestsPerHour", each.pull_requests_per_hour},
                     {"pullRequestsPerDay", each.pull_requests_per_day}};
  }
  json registries = json::object();
  for (const auto& [name, each] : value.egress.registries) {
    registries[name] = {
        {"hosts", each.hosts}, {"allowPrivate", each.allow_private}, {"tls", each.tls}};
  }
  json egress = {{"registries", std::move(registries)}};
  if (!value.egress.upstream_proxy.empty()) egress["upstreamProxy"] = value.egress.upstream_proxy;
  json providers = json::object();
  for (const auto& [name, each] : value.providers) providers[name] = to_json(each);
  json forges = json::object();
  for (const auto& [name, each] : value.forges) forges[name] = to_json(each);
  json agents = json::object();
  for (const auto& [name, each] : value.agents) {
    agents[name] = json::object();
    if (!each.install.empty()) agents[name]["install"] = each.install;
    if (!each.provider.empty()) agents[name]["provider"] = each.provider;
    if (!each.model.empty()) agents[name]["model"] = each.model;
  }
  json servers = json::object();
  for (const auto& [name, each] : value.tool_servers) {
    servers[name] = json::object();
    if (!each.install.empty()) servers[name]["install"] = each.install;
    if (!each.ca_file.empty()) servers[name]["caFile"] = each.ca_file;
    servers[name]["timeout"] = format_duration(each.timeout);
  }
  json out = {{"apiVersion", detail::api_version},
          {"kind", "Config"},
          {"cells", value.cells},
          {"gitTimeout", format_duration(value.git_timeout)},
          {"cellMemory", value.cell_memory_bytes},
          {"workerMemory", value.worker_memory_bytes},
          {"workerCpus", value.worker_cpus},
          {"cellProcesses", value.cell_processes},
          {"maxCrashes", value.max_crashes},
          {"author", {{"name", value.author_name}, {"email", value.author_email}}},
          {"tenants", std::move(tenants)},
          {"scheduler",
           {{"preemptionsPerMinute", value.scheduler.preemptions_per_minute},
            {"halfLife", format_duration(value.scheduler.half_life)},
            {"ageing", format_duration(value.scheduler.ageing)},
            {"labels", value.scheduler.labels},
            {"maxQueued", value.scheduler.max_queued},
            {"usd", value.scheduler.usd},
            {"tokens", value.scheduler.tokens}}},
          {"egress", std::move(egress)},
          {"policies", value.policies},
          {"tools", value.tools},
          {"toolServers", std::move(servers)},
          {"providers", std::move(providers)},
          {"forges", std::move(forges)},
          {"agents", std::move(agents)},
          {"judge",
           {{"mode", value.judge.mode},
            {"provider", value.judge.provider},
            {"model", value.judge.model}}},
          {"approvals",
           {{"expireAfter", format_duration(value.approvals.expire_after)},
            {"escalateAfter", format_duration(value.approvals.escalate_after)}}}};
  out["cellDisk"] = value.cell_disk_bytes;
  out["mutants"] = value.mutants;
  if (!value.toolchain.empty()) out["toolchain"] = value.toolchain;
  if (!value.advisories.empty()) out["advisories"] = value.advisories;
  if (!value.server.empty()) out["server"] = value.server;
  if (!value.credentials.empty()) out["credentials"] = value.credentials;
  if (!value.webhooks_listen.empty()) out["webhooks"] = {{"listen", value.webhooks_listen}};
  return out;
}

config config_from_json(const json& document) {
  using detail::read;
  return detail::reading("configuration", [&] {
    detail::expect_kind(document, "Config");
    config out;
    read(document, "server", out.server);
    read(document, "credentials", out.credentials);
    read(detail::member(document, "webhooks"), "listen", out.webhooks_listen);
    read(document, "cells", out.cells);
    detail::read_duration(document, "gitTimeout", out.git_timeout);
    detail::read_bytes(document, "cellMemory", out.cell_memory_bytes);
    detail::read_bytes(document, "workerMemory", out.worker_memory_bytes);
    read(document, "workerCpus", out.worker_cpus);
    read(document, "cellProcesses", out.cell_processes);
    detail::read_bytes(document, "cellDisk", out.cell_disk_bytes);
    read(document, "toolchain", out.toolchain);
    read(document, "advisories", out.advisories);
    read(document, "mutants", out.mutants);
    read(document, "maxCrashes", out.max_crashes);
    const json& author = detail::member(document, "author");
    read(author, "name", out.author_name);
    read(author, "email", out.author_email);
    for (const auto& [name, each] : detail::member(document, "tenants").items()) {
      tenant_config& tenant = out.tenants[name];
      read(each, "weight", tenant.weight);
      read(each, "maxConcurrency", tenant.max_concurrency);
      read(each, "usd", tenant.usd);
      read(each, "tokens", tenant.tokens);
      read(each, "pullRequestsPerHour", tenant.pull_requests_per_hour);
      read(each, "pullRequestsPerDay", tenant.pull_requests_per_day);
    }
    const json& scheduler = detail::member(document, "scheduler");
    read(scheduler, "preemptionsPerMinute", out.scheduler.preemptions_per_minute);
    detail::read_duration(scheduler, "halfLife", out.scheduler.half_life);
    detail::read_duration(scheduler, "ageing", out.scheduler.ageing);
    read(scheduler, "labels", out.scheduler.labels);
    read(scheduler, "maxQueued", out.scheduler.max_queued);
    read(scheduler, "usd", out.scheduler.usd);
    read(scheduler, "tokens", out.scheduler.tokens);
    const json& egress = detail::member(document, "egress");
    read(egress, "upstreamProxy", out.egress.upstream_proxy);
    for (const auto& [name, each] : detail::member(egress, "registries").items()) {
      registry_config& registry = out.egress.registries[name];
      read(each, "hosts", registry.hosts);
      read(each, "allowPrivate", registry.allow_private);
      read(each, "tls", registry.tls);
    }
    read(document, "policies", out.policies);
    read(document, "tools", out.tools);
    for (const auto& [name, each] : detail::member(document, "toolServers").items()) {
      tool_server_config& server = out.tool_servers[name];
      read(each, "install", server.install);
      read(each, "caFile", server.ca_file);
      detail::read_duration(each, "timeout", server.timeout);
    }
    for (const auto& [name, each] : detail::member(document, "providers").items()) {
      out.providers[name] = provider_from_json(each);
    }
    const json& judge = detail::member(document, "judge");
    read(judge, "mode", out.judge.mode);
    read(judge, "provider", out.judge.provider);
    read(judge, "model", out.judge.model);
    for (const auto& [name, each] : detail::member(document, "forges").items()) {
      out.forges[name] = forge_from_json(each);
    }
    for (const auto& [name, each] : detail::member(document, "agents").items()) {
      agent_config& agent = out.agents[name];
      read(each, "install", agent.install);
      read(each, "provider", agent.provider);
      read(each, "model", agent.model);
    }
    const json& approvals = detail::member(document, "approvals");
    detail::read_duration(approvals, "expireAfter", out.approvals.expire_after);
    detail::read_duration(approvals, "escalateAfter", out.approvals.escalate_after);
    return out;
  });
}

}  // namespace skein::schema
