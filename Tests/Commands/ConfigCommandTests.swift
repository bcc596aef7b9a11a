import Foundation
import Testing

/// `rostrum config …`
@Suite struct ConfigCommandTests {
    @Test func showNamesTheLayerOfEveryValue() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("store:\n  path: from-file.sqlite\n", to: "rostrum.yaml")
        let ended = try run(
            "rostrum", ["config", "show", "--config", file, "--set", "kafkaTopics.partitions=7"],
            environment: ["ROSTRUM_LOG_LEVEL": "debug"])
        #expect(ended.code == 0)
        #expect(ended.output.contains(#/store\.path +from-file\.sqlite +file: .*rostrum\.yaml:2/#))
        #expect(ended.output.contains(#/kafkaTopics\.partitions +7 +flag: --set/#))
        #expect(ended.output.contains(#/log\.level +debug +environment: ROSTRUM_LOG_LEVEL/#))
        let json = try run("rostrum", ["config", "show", "--output", "json"])
        #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [[String: Any]])
    }

    @Test func checkReportsEveryMistakeAtOnce() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("kafkaTopics:\n  partitions: twelve\n  documets: x\n", to: "rostrum.yaml")
        let ended = try run(
            "rostrum", ["config", "check", "--config", file], environment: ["ROSTRUM_STORE_PAHT": "x"])
        #expect(ended.code == 3)
        #expect(ended.output == "")
        #expect(ended.errors.contains("kafkaTopics.partitions is 'twelve' (file: \(file):2)"))
        #expect(ended.errors.contains("did you mean 'kafkaTopics.documents'?"))
        #expect(ended.errors.contains("did you mean 'ROSTRUM_STORE_PATH'?"))
    }

    /// What no program would start with is no valid settings.
    @Test func propertiesThatLibrdkafkaRefusesAreFound() throws {
        for (property, value) in [("foo.bar", "1"), ("security.protocol", "SASLSSL")] {
            let ended = try run("rostrum", ["config", "check", "--set", "kafka.extra.\(property)=\(value)"])
            #expect(ended.code == 3 && ended.output == "" && ended.errors.contains(property), "\(ended)")
        }
        let good = try run("rostrum", ["config", "check", "--set", "kafka.extra.socket.timeout.ms=9000"])
        #expect(good.code == 0, "\(good)")
    }

    @Test(arguments: ["show", "check"])
    func addressesWithPasswordsAreRefusedUnseen(command: String) throws {
        let ended = try run(
            "rostrum", ["config", command], environment: ["ROSTRUM_STATUS_WORKERS": "http://bob:hunter2@127.0.0.1:9"])
        #expect(ended.code == 3 && ended.errors.contains("without user and password"), "\(ended)")
        #expect(!ended.output.contains("hunter2") && !ended.errors.contains("hunter2"), "\(ended)")
    }

    @Test func theSampleIsValid() throws {
        let sample = try run("rostrum", ["config", "sample"])
        let folder = try TemporaryFolder()
        let file = try folder.write(sample.output, to: "rostrum.yaml")
        let ended = try run("rostrum", ["config", "check", "--config", file])
        #expect(ended.code == 0)
        #expect(ended.output == "the settings are valid\n")
    }

    /// A secret shows nowhere: not in the report, not in a worker's lines, not even at the finest level.
    @Test func secretsStayHidden() throws {
        let environment = [
            "ROSTRUM_KAFKA_EXTRA_SASL_PASSWORD": "hunter2-never-shown",
            "ROSTRUM_KAFKA_EXTRA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "ROSTRUM_KAFKA_EXTRA_SASL_MECHANISMS": "PLAIN", "ROSTRUM_KAFKA_EXTRA_SASL_USERNAME": "someone",
            "ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ROSTRUM_KAFKA_CONNECT_SECONDS": "1",
            "ROSTRUM_LOG_LEVEL": "trace",
        ]
        let runs = [
            try run("rostrum", ["config", "show"], environment: environment),
            try run("rostrum-classifier", environment: environment),
            try run("rostrum", ["topics", "create"], environment: environment),
        ]
        #expect(runs.map(\.code) == [0, 69, 69])
        for ended in runs { #expect(!(ended.output + ended.errors).contains("hunter2")) }
        #expect(runs[0].output.contains(#/kafka\.extra\.sasl\.password +<redacted>/#))
    }
}
