// SPDX-License-Identifier: Apache-2.0

#include "schema/row_descriptor.h"

#include <set>
#include <utility>

#include "base/check.h"
#include "google/protobuf/dynamic_message.h"
#include "schema/row_file.h"

namespace millrace::schema {
namespace {

namespace pb = ::google::protobuf;

void AddWithImports(const pb::FileDescriptor* file, std::set<const pb::FileDescriptor*>& added,
                    pb::FileDescriptorSet& to) {
  if (!added.insert(file).second) return;
  for (int i = 0; i < file->dependency_count(); ++i) {
    AddWithImports(file->dependency(i), added, to);
  }
  pb::FileDescriptorProto& copy = *to.add_file();
  file->CopyTo(&copy);
  file->CopyJsonNameTo(&copy);
}

}  // namespace

class RowDescriptor::State {
 public:
  // The pool builds on the compiled-in files, so that submessages have the generated classes.
  explicit State(pb::FileDescriptorProto row_file)
      : file(std::move(row_file)), pool(pb::DescriptorPool::generated_pool()), factory(&pool) {
    factory.SetDelegateToGeneratedFactory(true);
    built = pool.BuildFile(file);
    // Names and numbers were assigned, or checked on loading, so that the file is valid.
    MILLRACE_CHECK(built != nullptr && built->message_type_count() == 1);
    prototype = factory.GetPrototype(built->message_type(0));
  }

  const pb::FileDescriptorProto file;
  pb::DescriptorPool pool;
  pb::DynamicMessageFactory factory;
  const pb::FileDescriptor* built;
  const pb::Message* prototype;
};

std::shared_ptr<const RowDescriptor> RowDescriptor::Make(const TableVersion& table) {
  return std::shared_ptr<const RowDescriptor>(
      new RowDescriptor(std::make_unique<State>(RowFile(table))));
}

RowDescriptor::RowDescriptor(std::unique_ptr<State> state) : state_(std::move(state)) {}
RowDescriptor::~RowDescriptor() = default;

const pb::FileDescriptorProto& RowDescriptor::file() const { return state_->file; }

pb::FileDescriptorSet RowDescriptor::WithImports() const {
  pb::FileDescriptorSet set;
  std::set<const pb::FileDescriptor*> added;
  for (int i = 0; i < state_->built->dependency_count(); ++i) {
    AddWithImports(state_->built->dependency(i), added, set);
  }
  *set.add_file() = state_->file;
  return set;
}

std::string RowDescriptor::ProtoText() const { return RowFileText(state_->file); }

const pb::Descriptor* RowDescriptor::descriptor() const { return state_->built->message_type(0); }

std::unique_ptr<pb::Message> RowDescriptor::NewMessage() const {
  return std::unique_ptr<pb::Message>(state_->prototype->New());
}

}  // namespace millrace::schema
