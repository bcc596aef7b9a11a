internal import CRdKafka
public import Delivery

/// A consumer group as its coordinator describes it.
public struct GroupDescription: Equatable, Sendable {
    /// One member.
    public struct Member: Equatable, Sendable {
        /// The name the coordinator gave it.
        public let id: String
        /// Its stable name, if it has one.
        public let instanceID: String?
        /// Its client id.
        public let clientID: String
        /// Where it connects from.
        public let host: String
        /// What it reads.
        public let partitions: [TopicPartition]
    }

    /// The group's name.
    public let name: String
    /// Kafka's word for its state: `Stable`, `Empty`, `Dead`, `PreparingRebalance`, …
    public let state: String
    /// How its partitions are shared out.
    public let assignor: String
    /// Its members.
    public let members: [Member]

    /// Whether members are in it, so that its offsets must not be changed.
    public var isActive: Bool { !members.isEmpty }
}

extension KafkaAdmin {
    /// The names of all groups, in order.
    public func groups(timeout: Duration) throws -> [String] {
        let event = try request(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, "list groups", timeout) {
            rd_kafka_ListConsumerGroups($0, $1, $2)
        }
        return event.withEvent { event in
            var count = 0
            let result = rd_kafka_event_ListConsumerGroups_result(event)
            let groups = rd_kafka_ListConsumerGroups_result_valid(result, &count)
            return (0..<count).compactMap { index in
                groups?[index].map { String(cString: rd_kafka_ConsumerGroupListing_group_id($0)) }
            }.sorted()
        }
    }

    /// Describes a group; one that does not exist is `Dead` and without members.
    public func describe(group: String, timeout: Duration) throws -> GroupDescription {
        let operation = "describe the group \(group)"
        return try group.withCString { name in
            var names: [UnsafePointer<CChar>?] = [name]
            let event = try request(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, operation, timeout) {
                rd_kafka_DescribeConsumerGroups($0, &names, names.count, $1, $2)
            }
            return try event.withEvent { event in
                var count = 0
                let result = rd_kafka_event_DescribeConsumerGroups_result(event)
                guard let groups = rd_kafka_DescribeConsumerGroups_result_groups(result, &count), count == 1,
                    let description = groups[0]
                else { throw KafkaError(.state, operation, message: "the broker gave no answer") }
                if let error = rd_kafka_ConsumerGroupDescription_error(description) {
                    throw KafkaError(
                        KafkaErrorCode(rd_kafka_error_code(error)), operation,
                        message: String(cString: rd_kafka_error_string(error)))
                }
                return GroupDescription(group, description)
            }
        }
    }

    /// The offsets a group has committed for these partitions; a partition without one is left out.
    public func committedOffsets(
        of group: String, in partitions: [TopicPartition], timeout: Duration
    ) throws -> [TopicPartition: Offset] {
        let list = PartitionList(partitions)
        let operation = "ask for the offsets of the group \(group)"
        return try list.withList { list in
            var native: [OpaquePointer?] = [rd_kafka_ListConsumerGroupOffsets_new(group, list)]
            defer { rd_kafka_ListConsumerGroupOffsets_destroy_array(&native, native.count) }
            let event = try request(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, operation, timeout) {
                rd_kafka_ListConsumerGroupOffsets($0, &native, native.count, $1, $2)
            }
            return try event.withEvent { event in
                var count = 0
                let result = rd_kafka_event_ListConsumerGroupOffsets_result(event)
                let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count)
                return try Self.offsets(groups, count, operation)
            }
        }
    }

    /// Sets the offsets of a group that has no members.
    ///
    /// - Throws: ``KafkaError``: ``KafkaErrorCode/nonEmptyGroup`` or ``KafkaErrorCode/unknownMember`` when it has some.
    public func alterOffsets(
        of group: String, to offsets: [TopicPartition: Offset], timeout: Duration
    ) throws {
        let list = PartitionList(offsets)
        let operation = "set the offsets of the group \(group)"
        try list.withList { list in
            var native: [OpaquePointer?] = [rd_kafka_AlterConsumerGroupOffsets_new(group, list)]
            defer { rd_kafka_AlterConsumerGroupOffsets_destroy_array(&native, native.count) }
            let event = try request(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, operation, timeout) {
                rd_kafka_AlterConsumerGroupOffsets($0, &native, native.count, $1, $2)
            }
            try event.withEvent { event in
                var count = 0
                let result = rd_kafka_event_AlterConsumerGroupOffsets_result(event)
                let groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &count)
                _ = try Self.offsets(groups, count, operation)
            }
        }
    }

    private static func offsets(
        _ groups: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ operation: String
    ) throws -> [TopicPartition: Offset] {
        guard count == 1, let result = groups?[0] else {
            throw KafkaError(.state, operation, message: "the broker gave no answer")
        }
        if let error = rd_kafka_group_result_error(result) {
            throw KafkaError(
                KafkaErrorCode(rd_kafka_error_code(error)), operation,
                message: String(cString: rd_kafka_error_string(error)))
        }
        let entries = PartitionList.entries(rd_kafka_group_result_partitions(result))
        try PartitionList.check(entries, operation)
        return Dictionary(
            entries.filter { $0.offset >= 0 }.map { ($0.partition, Offset($0.offset)) }, uniquingKeysWith: { $1 })
    }
}

extension GroupDescription {
    fileprivate init(_ name: String, _ description: OpaquePointer) {
        self.name = name
        state = String(
            cString: rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(description)))
        assignor = rd_kafka_ConsumerGroupDescription_partition_assignor(description).map { String(cString: $0) } ?? ""
        members = (0..<rd_kafka_ConsumerGroupDescription_member_count(description)).compactMap { index in
            rd_kafka_ConsumerGroupDescription_member(description, index).map(Member.init)
        }
    }
}

extension GroupDescription.Member {
    fileprivate init(_ member: OpaquePointer) {
        id = rd_kafka_MemberDescription_consumer_id(member).map { String(cString: $0) } ?? ""
        instanceID = rd_kafka_MemberDescription_group_instance_id(member).map { String(cString: $0) }
        clientID = rd_kafka_MemberDescription_client_id(member).map { String(cString: $0) } ?? ""
        host = rd_kafka_MemberDescription_host(member).map { String(cString: $0) } ?? ""
        let assignment = rd_kafka_MemberDescription_assignment(member)
        partitions = PartitionList.entries(assignment.flatMap { rd_kafka_MemberAssignment_partitions($0) })
            .map(\.partition).sorted()
    }
}
