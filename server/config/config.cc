// SPDX-License-Identifier: Apache-2.0

#include "config/config.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "base/error.h"
#include "config/closest.h"
#include "config/key.h"
#include "fmt/format.h"

namespace millrace {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;

// Loads the values of one file into a Config, key by key in the order of the file.
class Loader {
 public:
  explicit Loader(std::string_view file) : file_(file), keys_(AllKeys()) {
    for (const Key& key : keys_) AddSectionsOf(key.name);
  }

  // Can throw yaml-cpp's exceptions.
  absl::Status LoadMap(const YAML::Node& map, const std::string& section, Config& config) {
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) return Error(entry.first.Mark(), "a key must be a string");
      const std::string name = section + entry.first.Scalar();
      if (!seen_.insert(name).second) {
        return Error(entry.first.Mark(), fmt::format("'{}' is set twice", name));
      }
      MILLRACE_RETURN_IF_ERROR(LoadEntry(name, entry.first.Mark(), entry.second, config));
    }
    return absl::OkStatus();
  }

  absl::Status Error(const YAML::Mark& mark, std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("{}:{}: {}", file_, mark.line + 1, what));
  }

 private:
  void AddSectionsOf(const std::string& key) {
    for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
      sections_.insert(key.substr(0, dot));
    }
  }

  absl::Status LoadEntry(const std::string& name, const YAML::Mark& mark, const YAML::Node& value,
                         Config& config) {
    if (sections_.contains(name)) {
      // A section is null if all its keys are commented out.
      if (value.IsNull()) return absl::OkStatus();
      if (value.IsMap()) return LoadMap(value, name + ".", config);
      return Error(mark, fmt::format("'{}' is a section: put its keys below it, indented", name));
    }
    const auto key = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const Key& known) { return known.name == name; });
    if (key == keys_.end()) return Error(mark, UnknownKey(name));
    if (value.IsNull()) return Error(mark, fmt::format("'{}' has no value", name));
    const absl::Status status = key->set(config, value);
    if (status.ok()) return status;
    return Error(mark, fmt::format("'{}' {}", name, std::string(status.message())));
  }

  std::string UnknownKey(const std::string& name) const {
    const std::string close = ClosestName(name, ConfigKeys());
    const std::string hint = close.empty() ? "" : fmt::format("; did you mean '{}'?", close);
    return fmt::format("unknown key '{}'{}", name, hint);
  }

  const std::string_view file_;
  const std::vector<Key> keys_;
  std::set<std::string> sections_;
  std::set<std::string> seen_;
};

// Can throw yaml-cpp's exceptions.
absl::StatusOr<Config> LoadYaml(const std::string& text, std::string_view name) {
  Config config;
  Loader loader(name);
  const std::vector<YAML::Node> documents = YAML::LoadAll(text);
  if (documents.size() > 1) {
    return loader.Error(documents[1].Mark(),
                        "a second YAML document begins here: only one is allowed");
  }
  if (!documents.empty() && !documents[0].IsNull()) {
    if (!documents[0].IsMap()) {
      return loader.Error(documents[0].Mark(), "the file must contain keys and values");
    }
    MILLRACE_RETURN_IF_ERROR(loader.LoadMap(documents[0], "", config));
  }
  MILLRACE_RETURN_IF_ERROR(WithContext(ValidateConfig(config), name));
  return config;
}

}  // namespace

absl::StatusOr<Config> LoadConfigText(const std::string& text, std::string_view name) {
  if (text.size() > kFileBytesMax) {
    return absl::InvalidArgumentError(fmt::format("{}: larger than 1 MiB", name));
  }
  try {
    return LoadYaml(text, name);
  } catch (const YAML::Exception& exception) {
    return absl::InvalidArgumentError(
        fmt::format("{}:{}: {}", name, exception.mark.line + 1, exception.msg));
  }
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !(file || file.eof())) {
    const int error = errno == 0 ? EIO : errno;
    return absl::ErrnoToStatus(error, fmt::format("cannot read the configuration {}", path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return LoadConfigText(text, path);
}

std::string DumpConfig(const Config& config) {
  YAML::Emitter yaml;
  std::vector<std::string> open;
  yaml << YAML::BeginMap;
  for (const Key& key : AllKeys()) {
    std::vector<std::string> path = SplitName(key.name);
    const std::string last = std::move(path.back());
    path.pop_back();
    const auto [shared, ignored] =
        std::mismatch(open.begin(), open.end(), path.begin(), path.end());
    for (auto at = shared; at != open.end(); ++at) yaml << YAML::EndMap;
    for (auto at = path.begin() + (shared - open.begin()); at != path.end(); ++at) {
      yaml << YAML::Key << *at << YAML::Value << YAML::BeginMap;
    }
    open = std::move(path);
    yaml << YAML::Key << last << YAML::Value;
    key.print(config, yaml);
  }
  for (size_t i = 0; i < open.size(); ++i) yaml << YAML::EndMap;
  yaml << YAML::EndMap;
  return std::string(yaml.c_str()) + "\n";
}

std::vector<std::string> ConfigKeys() {
  std::vector<std::string> names;
  for (Key& key : AllKeys()) names.push_back(std::move(key.name));
  return names;
}

}  // namespace millrace
