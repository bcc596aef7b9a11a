import Foundation
import Testing

/// No text of a document and no secret in any log line, at the finest level, with all that librdkafka can tell.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct PrivacyTests {
    private static let secret = "geheimes-Kennwort-41"
    private static let phrase = "Zinnoberrote Giraffen handeln mit Drogen"

    @Test(arguments: ["at-least-once", "exactly-once"])
    func logsHoldNeitherTextNorSecrets(mode: String) throws {
        let area = try KafkaArea()
        let passwordFile = try area.folder.write(Self.secret, to: "password")
        let (atClassifier, atSink) = (try Endpoint(), try Endpoint())
        let settings = [
            "ROSTRUM_LOG_LEVEL": "trace", "ROSTRUM_KAFKA_EXTRA_DEBUG": "all", "ROSTRUM_DELIVERY_MODE": mode,
            "ROSTRUM_KAFKA_EXTRA_SASL_PASSWORD_FILE": passwordFile, "ROSTRUM_KAFKA_EXTRA_SASL_USERNAME": "anna",
        ]
        let classifier = try area.start("rostrum-classifier", settings.merging(atClassifier.environment) { $1 })
        let sink = try area.start("rostrum-sink", settings.merging(atSink.environment) { $1 })
        let speech = try area.folder.write("A speech\n\n\(Self.phrase). Cyber crime is a crime.", to: "speech.txt")
        let producer = try run(
            "rostrum-producer", [speech],
            environment: area.environment.merging(settings) { $1 }.merging(["ROSTRUM_CONSUMER_INSTANCE_ID": "p"]) { $1 }
        )
        #expect(producer.code == 0, "\(producer.errors.suffix(2000))")
        // Broken in different places: JSON, form, key.
        for (key, value) in [
            ("a", "{\"body\":[\"\(Self.phrase)"),
            ("b", "{\"schema_version\":1,\"id\":\"b\",\"body\":\"\(Self.phrase)\"}"),
            ("c", "{\"schema_version\":1,\"id\":\"other\",\"body\":[\"\(Self.phrase)\"]}"), ("d", Self.phrase),
        ] {
            try area.put(value, key: key)
        }
        try area.wait(for: "SELECT count(*) FROM events", toReach: 1, by: [classifier, sink])
        #expect(waitUntil(within: .seconds(60)) { (try? area.count(area.deadletter)) == 4 })
        let shown = atClassifier.shown + atSink.shown
        for worker in [classifier, sink] {
            worker.send(SIGTERM)
            #expect(try worker.end().code == 0)
        }
        let logs = [producer.errors, classifier.errors, sink.errors, shown]
        // The oracle can fail: the lines are there, and would hold what is looked for.
        #expect(classifier.errors.contains("\"level\":\"debug\"") && classifier.errors.contains("record put aside"))
        for log in logs {
            #expect(!log.contains(Self.secret))
            for words in ["Zinnoberrote", "Giraffen handeln", "mit Drogen"] {
                #expect(!log.contains(words), "\(log.split(separator: "\n").first { $0.contains(words) } ?? "")")
            }
        }
    }
}
