import Foundation
import Testing
import WorkerSupport

/// librdkafka's own properties, secrets among them.
@Suite struct PassThroughTests {
    static let secret = "hunter2-never-shown"

    @Test func namesMapWithoutLoss() throws {
        let file = try TemporaryFile("kafka:\n  extra:\n    sasl.username: file\n    ssl.ca.location: /ca.pem\n")
        let settings = try SettingsResolution(
            SettingsSources(
                flags: [SettingFlag(key: "kafka.extra.socket.timeout.ms", value: "5000", flag: "--set")],
                environment: [
                    "ROSTRUM_KAFKA_EXTRA_SASL_USERNAME": "environment",
                    "ROSTRUM_KAFKA_EXTRA_SECURITY_PROTOCOL": "SASL_SSL",
                ], file: file.path)
        ).settings()
        #expect(
            settings.kafka.extra == [
                "socket.timeout.ms": "5000", "sasl.username": "environment", "security.protocol": "SASL_SSL",
                "ssl.ca.location": "/ca.pem",
            ])
    }

    @Test func secretsComeFromFiles() throws {
        let file = try TemporaryFile(Self.secret + "\n")
        let resolution = SettingsResolution(
            SettingsSources(environment: ["ROSTRUM_KAFKA_EXTRA_SASL_PASSWORD_FILE": file.path]))
        #expect(try resolution.settings().kafka.extra == ["sasl.password": Self.secret])
        #expect(!everything(resolution).contains(Self.secret))
        #expect(resolution.effective.last?.shown == "<redacted>")
        #expect(resolution.effective.last?.origin.place == "ROSTRUM_KAFKA_EXTRA_SASL_PASSWORD_FILE")
    }

    @Test func aSecretTwiceIsAContradiction() throws {
        let file = try TemporaryFile(Self.secret)
        let resolution = SettingsResolution(
            SettingsSources(environment: [
                "ROSTRUM_KAFKA_EXTRA_SASL_PASSWORD_FILE": file.path, "ROSTRUM_KAFKA_EXTRA_SASL_PASSWORD": Self.secret,
            ]))
        #expect(resolution.problems.map(\.code) == [.contradiction])
        #expect(!everything(resolution).contains(Self.secret))
    }

    @Test func anUnreadableSecretFileIsAProblem() throws {
        let resolution = SettingsResolution(
            SettingsSources(environment: ["ROSTRUM_KAFKA_EXTRA_SASL_PASSWORD_FILE": "/no/such/secret"]))
        #expect(resolution.problems.map(\.code) == [.unreadable])
        #expect(resolution.problems[0].text.contains("'/no/such/secret'"))
    }

    /// Whatever is wrong around it, a secret stands nowhere in what people see.
    @Test(arguments: [
        "sasl.password", "ssl.key.password", "ssl.keystore.password", "sasl.oauthbearer.client.secret", "ssl.key.pem",
        "sasl.oauthbearer.config",
    ])
    func secretsAreNeverShown(property: String) throws {
        let file = try TemporaryFile(
            "kafka:\n  extra:\n    \(property): \(Self.secret)\n  unknown: 1\nlog:\n  level: loud\n")
        let resolutions = [
            SettingsResolution(SettingsSources(environment: [:], file: file.path)),
            SettingsResolution(
                SettingsSources(environment: [
                    SettingKey(components: ["kafka", "extra", property]).environmentName: Self.secret,
                    "ROSTRUM_LOG_LEVEL": "loud",
                ])),
            SettingsResolution(
                SettingsSources(
                    flags: [SettingFlag(key: "kafka.extra.\(property)", value: Self.secret, flag: "--set")],
                    environment: [:])),
        ]
        for resolution in resolutions {
            #expect(!resolution.problems.isEmpty)
            #expect(!everything(resolution).contains(Self.secret))
        }
        #expect(resolutions[2].problems[0].text.contains("must not stand on a command line"))
    }

    @Test func aBrokenFileDoesNotQuoteItsLines() throws {
        let file = try TemporaryFile("kafka:\n  extra:\n    sasl.password: \"\(Self.secret)\n")
        let resolution = SettingsResolution(SettingsSources(environment: [:], file: file.path))
        #expect(resolution.problems.map(\.code) == [.unreadable])
        #expect(!everything(resolution).contains(Self.secret))
    }

    private func everything(_ resolution: SettingsResolution) -> String {
        SettingsText.table(resolution.effective) + resolution.problems.map(\.description).joined(separator: "\n")
            + "\(resolution.effective)"
    }
}
