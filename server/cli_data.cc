// Commands on keys: registers, sets, counters, and the keys of a bucket.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <optional>
#include <ostream>

#include "proto/client.pb.h"
#include "server/cli.h"
#include "server/cli_json.h"

namespace vordb::server {
namespace {

// What the commands on one key take; each command uses some of it.
struct KeyArguments {
  std::string bucket;
  std::string key;
  std::string value;
  std::vector<std::string> elements;
  std::string amount = "1";
  std::string context;
  std::string token;
  uint32_t w = 0;
  uint32_t r = 0;
  uint32_t limit = 0;
  std::optional<std::string> after;
};

using Arguments = std::shared_ptr<KeyArguments>;

std::string check_base64(const std::string& text) {
  std::string ignored;
  return from_base64(text, &ignored) ? ""
                                     : "is no base64: give it as an answer with --json showed it";
}

// 1 to 2^63-1, else 0. CLI11 would take a bigger number for 2^63-1.
int64_t parse_amount(const std::string& text) {
  int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  return error == std::errc() && end == text.data() + text.size() && amount > 0 ? amount : 0;
}

std::string check_amount(const std::string& text) {
  return parse_amount(text) > 0 ? "" : "must be a whole number, 1 to 9223372036854775807";
}

// A command with a key and --bucket and --context; `run` is called when it was chosen.
CLI::App* add_command(CLI::App& app, Cli& cli, const char* name, const char* meaning,
                      const Arguments& arguments, std::function<int()> run) {
  CLI::App* command = app.add_subcommand(name, meaning);
  command->add_option("key", arguments->key, "Key")->required();
  command->add_option("--bucket", arguments->bucket,
                      "Bucket; without it the default one of the type");
  command
      ->add_option("--context", arguments->context, "Causal context of an earlier answer (base64)")
      ->check(CLI::Validator(check_base64, "BASE64"));
  command->callback([&cli, run = std::move(run)] { cli.action = run; });
  return command;
}

void add_write_options(CLI::App* command, const Arguments& arguments) {
  command
      ->add_option("--token", arguments->token,
                   "Makes a retry with the same token have no second effect")
      ->check(CLI::Validator(
          [](const std::string& t) { return t.size() <= 64 ? "" : "is longer than 64 bytes"; },
          ""));
  command->add_option("--w", arguments->w, "Replicas to wait for; without it the bucket's own")
      ->check(CLI::Range(1, 9));
}

void add_read_options(CLI::App* command, const Arguments& arguments) {
  command->add_option("--r", arguments->r, "Replicas to ask; without it the bucket's own")
      ->check(CLI::Range(1, 9));
}

void add_page_options(CLI::App* command, const Arguments& arguments) {
  command->add_option("--limit", arguments->limit, "At most so many; without it all")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--after", arguments->after, "Only what comes after this one");
}

template <typename Body>
Body* fill_read(Body* body, const KeyArguments& arguments) {
  body->set_bucket(arguments.bucket);
  body->set_key(arguments.key);
  std::string context;
  from_base64(arguments.context, &context);
  body->set_context(context);
  return body;
}

template <typename Body>
Body* fill_write(Body* body, const KeyArguments& arguments) {
  fill_read(body, arguments);
  body->set_request_token(arguments.token);
  body->set_w(arguments.w);
  return body;
}

int print_ok(Cli& cli, const pb::Response& response) {
  if (!cli.json) return cli.out << "ok\n", kCliOk;
  Json json = {{"ok", true}};
  if (response.ok().timestamp() != 0) json["timestamp"] = response.ok().timestamp();
  set_context(json, response.ok().context());
  return print_json(cli, json);
}

int print_not_found(Cli& cli, const pb::Response& response) {
  if (cli.json) {
    Json json = {{"error", "not_found"}};
    set_bytes(json, "key", response.not_found().key());
    set_context(json, response.not_found().context());
    print_json(cli, json);
  } else {
    cli.err << "not found\n";
  }
  return kCliNo;
}

int print_value(Cli& cli, const pb::ValueResponse& answer) {
  if (cli.json) {
    Json json;
    set_bytes(json, "key", answer.key());
    set_bytes(json, "value", answer.value());
    set_context(json, answer.context());
    return print_json(cli, json);
  }
  if (cli.raw) {
    cli.out << answer.value();
  } else {
    print_line(cli, answer.value());
  }
  return kCliOk;
}

int print_members(Cli& cli, const pb::SetMembersResponse& answer) {
  if (cli.json) {
    Json json, members = Json::array();
    for (const std::string& member : answer.members()) members.push_back(member);
    set_bytes(json, "key", answer.key());
    json["members"] = members;
    if (answer.has_next()) set_bytes(json, "next", answer.next());
    set_context(json, answer.context());
    return print_json(cli, json);
  }
  for (const std::string& member : answer.members()) print_line(cli, member);
  if (answer.has_next())
    cli.err << "there are more: go on with --after '" << answer.next() << "'\n";
  return kCliOk;
}

int print_counter(Cli& cli, const pb::CounterValueResponse& answer) {
  if (cli.json) {
    Json json;
    set_bytes(json, "key", answer.key());
    json["value"] = answer.value();
    if (answer.saturated()) json["saturated"] = true;
    set_context(json, answer.context());
    return print_json(cli, json);
  }
  cli.out << answer.value() << (answer.saturated() ? " (the true value lies beyond 64 bits)" : "")
          << '\n';
  return kCliOk;
}

int print_contains(Cli& cli, const pb::SetContainsResponse& answer) {
  if (cli.json) {
    Json json = {{"contains", answer.contains()}};
    set_context(json, answer.context());
    print_json(cli, json);
  } else {
    cli.out << (answer.contains() ? "yes\n" : "no\n");
  }
  return answer.contains() ? kCliOk : kCliNo;
}

// Sends the request and shows whatever comes.
int ask(Cli& cli, const pb::Request& request) {
  pb::Response response;
  if (const int status = cli_call(cli, request, &response); status != kCliOk) return status;
  switch (response.body_case()) {
    case pb::Response::kValue:
      return print_value(cli, response.value());
    case pb::Response::kNotFound:
      return print_not_found(cli, response);
    case pb::Response::kSetMembers:
      return print_members(cli, response.set_members());
    case pb::Response::kSetContains:
      return print_contains(cli, response.set_contains());
    case pb::Response::kCounterValue:
      return print_counter(cli, response.counter_value());
    default:
      return print_ok(cli, response);
  }
}

void declare_registers(CLI::App& app, Cli& cli) {
  const auto put = std::make_shared<KeyArguments>();
  CLI::App* command = add_command(app, cli, "put", "Writes a register", put, [&cli, put] {
    std::optional<std::string> value = argument_or_stdin(cli, put->value);
    if (!value) return int{kCliUsage};
    pb::Request request;
    fill_write(request.mutable_put(), *put)->set_value(*std::move(value));
    return ask(cli, request);
  });
  command->add_option("value", put->value, "Value, or - for standard input")->required();
  add_write_options(command, put);

  const auto get = std::make_shared<KeyArguments>();
  command = add_command(app, cli, "get", "Reads a key, whatever the type of its bucket", get,
                        [&cli, get] {
                          pb::Request request;
                          fill_read(request.mutable_get(), *get)->set_r(get->r);
                          return ask(cli, request);
                        });
  add_read_options(command, get);

  const auto erase = std::make_shared<KeyArguments>();
  command = add_command(app, cli, "delete", "Deletes a key: a register, set or counter", erase,
                        [&cli, erase] {
                          pb::Request request;
                          fill_write(request.mutable_delete_(), *erase);
                          return ask(cli, request);
                        });
  add_write_options(command, erase);
}

// False: standard input cannot be read.
template <typename Body>
bool fill_elements(Cli& cli, Body* body, const KeyArguments& arguments) {
  fill_write(body, arguments);
  for (const std::string& element : arguments.elements) {
    std::optional<std::string> text = argument_or_stdin(cli, element);
    if (!text) return false;
    body->add_elements(*std::move(text));
  }
  return true;
}

void declare_sets(CLI::App& app, Cli& cli) {
  const auto add = std::make_shared<KeyArguments>();
  CLI::App* command = add_command(app, cli, "add", "Adds elements to a set", add, [&cli, add] {
    pb::Request request;
    if (!fill_elements(cli, request.mutable_set_add(), *add)) return int{kCliUsage};
    return ask(cli, request);
  });
  command->add_option("element", add->elements, "Elements, at most 1,000")
      ->required()
      ->expected(1, 1000);
  add_write_options(command, add);

  const auto remove = std::make_shared<KeyArguments>();
  command = add_command(app, cli, "remove", "Removes elements from a set", remove, [&cli, remove] {
    pb::Request request;
    if (!fill_elements(cli, request.mutable_set_remove(), *remove)) return int{kCliUsage};
    return ask(cli, request);
  });
  command->add_option("element", remove->elements, "Elements, at most 1,000")
      ->required()
      ->expected(1, 1000);
  add_write_options(command, remove);

  const auto members = std::make_shared<KeyArguments>();
  command = add_command(
      app, cli, "members",
      "Lists the elements of a set in byte order; without a key the members of the cluster",
      members, [&cli, members] {
        if (members->key.empty()) return show_cluster_members(cli);
        pb::Request request;
        pb::SetMembersRequest* body = fill_read(request.mutable_set_members(), *members);
        body->set_r(members->r);
        body->set_limit(members->limit);
        if (members->after) body->set_after(*members->after);
        return ask(cli, request);
      });
  command->get_option("key")->required(false);
  add_read_options(command, members);
  add_page_options(command, members);

  const auto contains = std::make_shared<KeyArguments>();
  command = add_command(
      app, cli, "contains", "Whether a set holds an element", contains, [&cli, contains] {
        std::optional<std::string> element = argument_or_stdin(cli, contains->value);
        if (!element) return int{kCliUsage};
        pb::Request request;
        pb::SetContainsRequest* body = fill_read(request.mutable_set_contains(), *contains);
        body->set_r(contains->r);
        body->set_element(*std::move(element));
        return ask(cli, request);
      });
  command->add_option("element", contains->value, "Element, or - for standard input")->required();
  add_read_options(command, contains);
}

void declare_counters(CLI::App& app, Cli& cli) {
  const CLI::Validator amounts(check_amount, "");
  const auto incr = std::make_shared<KeyArguments>();
  CLI::App* command = add_command(app, cli, "incr", "Adds to a counter", incr, [&cli, incr] {
    pb::Request request;
    fill_write(request.mutable_counter_increment(), *incr)->set_amount(parse_amount(incr->amount));
    return ask(cli, request);
  });
  command->add_option("amount", incr->amount, "Amount")->check(amounts)->capture_default_str();
  add_write_options(command, incr);

  const auto decr = std::make_shared<KeyArguments>();
  command = add_command(app, cli, "decr", "Subtracts from a counter", decr, [&cli, decr] {
    pb::Request request;
    fill_write(request.mutable_counter_decrement(), *decr)->set_amount(parse_amount(decr->amount));
    return ask(cli, request);
  });
  command->add_option("amount", decr->amount, "Amount")->check(amounts)->capture_default_str();
  add_write_options(command, decr);

  const auto value = std::make_shared<KeyArguments>();
  command = add_command(app, cli, "value", "Reads a counter", value, [&cli, value] {
    pb::Request request;
    fill_read(request.mutable_counter_value(), *value)->set_r(value->r);
    return ask(cli, request);
  });
  add_read_options(command, value);
}

// All pages, or one when a limit was given. `next` is opaque bytes: base64 for people.
int list_keys(Cli& cli, const KeyArguments& arguments) {
  pb::Request request;
  pb::ListKeysRequest* body = request.mutable_list_keys();
  body->set_bucket(arguments.bucket);
  body->set_limit(arguments.limit);
  if (arguments.after) from_base64(*arguments.after, body->mutable_after());
  Json keys = Json::array();
  pb::Response response;
  do {
    if (const int status = cli_call(cli, request, &response); status != kCliOk) return status;
    for (const std::string& key : response.keys().keys()) {
      if (cli.json) {
        keys.push_back(key);
      } else {
        print_line(cli, key);
      }
    }
    body->set_after(response.keys().next());
  } while (arguments.limit == 0 && response.keys().has_next());
  const pb::KeysResponse& last = response.keys();
  if (cli.json) {
    Json json = {{"keys", keys}};
    if (last.has_next()) json["next"] = base64(last.next());
    return print_json(cli, json);
  }
  if (last.has_next())
    cli.err << "there are more: go on with --after " << base64(last.next()) << '\n';
  return kCliOk;
}

void declare_keys(CLI::App& app, Cli& cli) {
  const auto arguments = std::make_shared<KeyArguments>();
  CLI::App* command =
      app.add_subcommand("keys", "Lists the keys of a bucket, in no particular order");
  command->add_option("bucket", arguments->bucket, "Bucket")->required();
  command->add_option("--limit", arguments->limit, "At most so many; without it all")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--after", arguments->after, "Where the page before ended (base64)")
      ->check(CLI::Validator(check_base64, "BASE64"));
  command->callback(
      [&cli, arguments] { cli.action = [&cli, arguments] { return list_keys(cli, *arguments); }; });
}

}  // namespace

void declare_data_commands(CLI::App& app, Cli& cli) {
  declare_registers(app, cli);
  declare_sets(app, cli);
  declare_counters(app, cli);
  declare_keys(app, cli);
}

}  // namespace vordb::server
