// Commands on buckets, and ping.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <ostream>

#include <fmt/format.h>

#include "core/operations.h"
#include "proto/client.pb.h"
#include "server/cli.h"
#include "server/cli_json.h"
#include "server/text_table.h"

namespace vordb::server {
namespace {

Json to_json(const pb::BucketConfig& config) {
  Json json;
  set_bytes(json, "name", config.name());
  json["type"] = config.type();
  json["ttl_seconds"] = config.ttl_seconds();
  json["replication_n"] = config.replication_n();
  json["write_quorum"] = config.write_quorum();
  json["read_quorum"] = config.read_quorum();
  return json;
}

int print_buckets(Cli& cli, const pb::BucketsResponse& answer) {
  TextTable table({"name", "type", ">ttl s", ">n", ">w", ">r"});
  for (const pb::BucketConfig& config : answer.buckets()) {
    table.add({config.name(), config.type(),
               config.ttl_seconds() == 0 ? "-" : std::to_string(config.ttl_seconds()),
               std::to_string(config.replication_n()), std::to_string(config.write_quorum()),
               std::to_string(config.read_quorum())});
  }
  cli.out << table.to_string();
  return kCliOk;
}

int list_buckets(Cli& cli) {
  pb::Request request;
  pb::Response response;
  request.mutable_list_buckets();
  if (const int status = cli_call(cli, request, &response); status != kCliOk) return status;
  if (!cli.json) return print_buckets(cli, response.buckets());
  Json json = Json::array();
  for (const pb::BucketConfig& config : response.buckets().buckets())
    json.push_back(to_json(config));
  return print_json(cli, json);
}

int show_bucket(Cli& cli, const std::string& name) {
  pb::Request request;
  pb::Response response;
  request.mutable_get_bucket()->set_name(name);
  if (const int status = cli_call(cli, request, &response); status != kCliOk) return status;
  if (response.buckets().buckets().empty()) {
    print_error(cli, "NOT_FOUND", "no bucket has this name", "", "rejected");
    return kCliNo;
  }
  return cli.json ? print_json(cli, to_json(response.buckets().buckets(0)))
                  : print_buckets(cli, response.buckets());
}

int change_buckets(Cli& cli, const pb::Request& request) {
  pb::Response response;
  if (const int status = cli_call(cli, request, &response); status != kCliOk) return status;
  if (cli.json) return print_json(cli, {{"ok", true}});
  cli.out << "ok\n";
  return kCliOk;
}

int ping(Cli& cli) {
  pb::Request request;
  pb::Response response;
  request.mutable_ping();
  const auto start = std::chrono::steady_clock::now();
  if (const int status = cli_call(cli, request, &response); status != kCliOk) return status;
  const double ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (cli.json) return print_json(cli, {{"ok", true}, {"milliseconds", ms}});
  cli.out << fmt::format("pong, {:.2f} ms with the connection\n", ms);
  return kCliOk;
}

void declare_create(CLI::App& bucket, Cli& cli) {
  const auto request = std::make_shared<pb::Request>();
  pb::BucketConfig* config = request->mutable_create_bucket()->mutable_config();
  config->set_type(to_string(BucketType::kLww));
  CLI::App* command = bucket.add_subcommand("create", "Creates a bucket");
  command
      ->add_option_function<std::string>(
          "name", [config](const std::string& v) { config->set_name(v); }, "Name")
      ->required();
  command
      ->add_option_function<std::string>(
          "--type", [config](const std::string& v) { config->set_type(v); },
          "lww (the default), orswot or pn_counter")
      ->check(CLI::IsMember(bucket_type_names()));
  command
      ->add_option_function<int64_t>(
          "--ttl", [config](int64_t v) { config->set_ttl_seconds(v); },
          "Seconds after its last change that a key lives; 0 = for ever; without it the node's "
          "default")
      ->check(CLI::Range(int64_t{0}, int64_t{3153600000}));
  command
      ->add_option_function<int64_t>(
          "--n", [config](int64_t v) { config->set_replication_n(v); }, "Replicas")
      ->check(CLI::Range(1, 9));
  CLI::Option* w = command->add_option_function<int64_t>(
      "--w", [config](int64_t v) { config->set_write_quorum(v); },
      "Replicas that hold a write before it is answered");
  CLI::Option* r = command->add_option_function<int64_t>(
      "--r", [config](int64_t v) { config->set_read_quorum(v); }, "Replicas that a read asks");
  command
      ->add_option_function<std::string>(
          "--consistency", [config](const std::string& v) { config->set_consistency(v); },
          "eventual, session, consistent or paranoid: sets both quorums")
      ->check(CLI::IsMember(consistency_names()))
      ->excludes(w->check(CLI::Range(1, 9)))
      ->excludes(r->check(CLI::Range(1, 9)));
  command->callback(
      [&cli, request] { cli.action = [&cli, request] { return change_buckets(cli, *request); }; });
}

}  // namespace

void declare_bucket_commands(CLI::App& app, Cli& cli) {
  CLI::App* command = app.add_subcommand("ping", "Whether the node answers");
  command->callback([&cli] { cli.action = [&cli] { return ping(cli); }; });

  CLI::App* bucket = app.add_subcommand("bucket", "Creates, lists, shows and deletes buckets");
  bucket->require_subcommand(1);
  bucket->fallthrough();
  declare_create(*bucket, cli);
  bucket->add_subcommand("list", "Lists the buckets")->callback([&cli] {
    cli.action = [&cli] { return list_buckets(cli); };
  });
  const auto name = std::make_shared<std::string>();
  command = bucket->add_subcommand("show", "Shows one bucket");
  command->add_option("name", *name, "Name")->required();
  command->callback(
      [&cli, name] { cli.action = [&cli, name] { return show_bucket(cli, *name); }; });
  command = bucket->add_subcommand("delete", "Deletes a bucket and all that is in it");
  command->add_option("name", *name, "Name")->required();
  command->callback([&cli, name] {
    cli.action = [&cli, name] {
      pb::Request request;
      request.mutable_delete_bucket()->set_name(*name);
      return change_buckets(cli, request);
    };
  });
}

}  // namespace vordb::server
