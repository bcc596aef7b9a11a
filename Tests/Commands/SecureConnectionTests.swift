import Foundation
import Testing

/// TLS and SASL as an operator sets them, through a front that speaks both before a broker that speaks neither.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct SecureConnectionTests {
    static let password = "s3cret-Never+Shown/0"

    /// A front before the broker of the tests, a certificate for it, and one of nobody.
    struct Front {
        let folder: TemporaryFolder
        let address: String
        private let process: RunningProgram

        init(tls: Bool, sasl: Bool) throws {
            let folder = try TemporaryFolder()
            for name in ["front", "stranger"] {
                let made = try run(
                    "openssl",
                    [
                        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
                        "-addext",
                        "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", folder.url(of: "\(name).key").path,
                        "-out", folder.url(of: "\(name).pem").path,
                    ])
                try #require(made.code == 0, "\(made.errors)")
            }
            try folder.write(password, to: "password")
            try folder.write("wrong-" + password, to: "wrong-password")
            var arguments = [
                packageRoot.appending(path: "Tests/Integration/secure_front.py").path, "--upstream",
                try #require(TestBroker.servers),
            ]
            if tls {
                arguments += ["--cert", folder.url(of: "front.pem").path, "--key", folder.url(of: "front.key").path]
            }
            if sasl { arguments += ["--user", "rostrum", "--password-file", folder.url(of: "password").path] }
            let process = try RunningProgram("python3", arguments, keepsInputOpen: true)
            let isUp = waitUntil(within: .seconds(30)) { process.output.contains("\n") || !process.isRunning }
            try #require(isUp && process.isRunning, "\(process.errors)")
            address = process.output.trimmingCharacters(in: .newlines)
            self.folder = folder
            self.process = process
        }

        func environment(_ properties: [String: String]) -> [String: String] {
            var environment = [
                "ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": address, "ROSTRUM_KAFKA_CONNECT_SECONDS": "60",
                "ROSTRUM_LOG_LEVEL": "trace",
            ]
            for (name, value) in properties {
                environment["ROSTRUM_KAFKA_EXTRA_\(name.uppercased().replacing(".", with: "_"))"] = value
            }
            return environment
        }

        func sasl(_ mechanism: String, protocol name: String, password: String = "password") -> [String: String] {
            environment([
                "security.protocol": name, "sasl.mechanisms": mechanism, "sasl.username": "rostrum",
                "sasl.password_file": folder.url(of: password).path,
                "ssl.ca.location": folder.url(of: "front.pem").path,
            ])
        }
    }

    /// The secret itself, and as it goes over the wire.
    private func expectNoSecret(in ended: [Ended], sourceLocation: SourceLocation = #_sourceLocation) {
        let forms = [Self.password, "\0rostrum\0\(Self.password)"].flatMap {
            [$0, Data($0.utf8).base64EncodedString()]
        }
        for ended in ended {
            for form in forms {
                #expect(!(ended.output + ended.errors).contains(form), sourceLocation: sourceLocation)
            }
        }
    }

    @Test(arguments: [
        ("PLAIN", "SASL_SSL"), ("SCRAM-SHA-256", "SASL_SSL"), ("SCRAM-SHA-512", "SASL_SSL"),
        ("SCRAM-SHA-512", "SASL_PLAINTEXT"),
    ])
    func everyProgramWorksWithSASL(mechanism: String, name: String) throws {
        let front = try Front(tls: name == "SASL_SSL", sasl: true)
        let area = try KafkaArea(partitions: 1)
        // librdkafka tells what it does with mechanisms, handshakes and requests; the secret is in none of it.
        let settings = area.environment.merging(front.sasl(mechanism, protocol: name)) { $1 }
            .merging(["ROSTRUM_KAFKA_EXTRA_DEBUG": "security,broker,protocol,conf"]) { $1 }
        var ended = [
            try run("rostrum", ["topics", "describe", "--set", "kafkaTopics.partitions=1"], environment: settings),
            try run("rostrum-producer", [ClassifyCommandTests.seed], environment: settings),
            try run("rostrum", ["deadletter", "stats"], environment: settings),
            try run("rostrum", ["config", "show"], environment: settings),
            try run("rostrum", ["config", "show", "--output", "json"], environment: settings),
        ]
        for ended in ended { #expect(ended.code == 0, "\(ended.errors.suffix(2000))") }
        let workers = try ["rostrum-classifier", "rostrum-sink"].map { try area.start($0, settings) }
        try area.wait(for: KafkaArea.currentEvents, toReach: 1, by: workers)
        for worker in workers { worker.send(SIGTERM) }
        for worker in workers {
            ended.append(try worker.end())
            #expect(ended.last?.code == 0)
        }
        #expect(ended.contains { $0.errors.contains("SASL") })
        expectNoSecret(in: ended)
    }

    @Test func everyProgramWorksWithTLSAlone() throws {
        let front = try Front(tls: true, sasl: false)
        let area = try KafkaArea(partitions: 1)
        let tls = front.environment([
            "security.protocol": "SSL", "ssl.ca.location": front.folder.url(of: "front.pem").path,
        ])
        let settings = area.environment.merging(tls) { $1 }
        #expect(try run("rostrum-producer", [ClassifyCommandTests.seed], environment: settings).code == 0)
        let workers = try ["rostrum-classifier", "rostrum-sink"].map { try area.start($0, settings) }
        try area.wait(for: KafkaArea.currentEvents, toReach: 1, by: workers)
        for worker in workers { worker.send(SIGTERM) }
        for worker in workers { #expect(try worker.end().code == 0) }
    }

    private static let programs = [
        ["rostrum", "topics", "create"], ["rostrum-producer", ClassifyCommandTests.seed], ["rostrum-classifier"],
        ["rostrum-sink"], ["rostrum", "deadletter", "stats"],
    ]

    private func runs(_ environment: [String: String]) throws -> [Ended] {
        let folder = try TemporaryFolder()
        let more = ["ROSTRUM_STORE_PATH": folder.url(of: "s.sqlite").path]
        return try Self.programs.map { command in
            try run(
                command[0], Array(command.dropFirst()), environment: environment.merging(more) { $1 },
                within: .seconds(55))
        }
    }

    /// Not after kafka.connectSeconds, a minute here, but as soon as the broker has refused.
    @Test(arguments: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
    func aWrongPasswordIsRefusedAtOnce(mechanism: String) throws {
        let front = try Front(tls: true, sasl: true)
        let ended = try runs(front.sasl(mechanism, protocol: "SASL_SSL", password: "wrong-password"))
        for ended in ended {
            #expect(ended.code == 78, "\(ended.errors.suffix(2000))")
            #expect(ended.errors.contains("check mechanism, user name and password in the settings"))
        }
        expectNoSecret(in: ended)
    }

    @Test func aMechanismThatTheBrokerDoesNotKnowIsRefused() throws {
        let front = try Front(tls: true, sasl: true)
        var environment = front.sasl("OAUTHBEARER", protocol: "SASL_SSL")
        environment["ROSTRUM_KAFKA_EXTRA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT"] = "true"
        environment["ROSTRUM_KAFKA_EXTRA_SASL_OAUTHBEARER_CONFIG"] = "principal=rostrum"
        let ended = try run("rostrum", ["topics", "create"], environment: environment, within: .seconds(55))
        #expect(ended.code == 78, "\(ended.errors.suffix(2000))")
        #expect(ended.errors.contains("check mechanism, user name and password in the settings"))
    }

    @Test func anUntrustedCertificateIsRefusedAtOnce() throws {
        let front = try Front(tls: true, sasl: true)
        var environment = front.sasl("SCRAM-SHA-512", protocol: "SASL_SSL")
        environment["ROSTRUM_KAFKA_EXTRA_SSL_CA_LOCATION"] = front.folder.url(of: "stranger.pem").path
        let ended = try runs(environment)
        for ended in ended {
            #expect(ended.code == 78, "\(ended.errors.suffix(2000))")
            #expect(ended.errors.contains("check the security protocol and the CA file in the settings"))
        }
        expectNoSecret(in: ended)
    }

    /// A secret file that is missing is named, its content is not.
    @Test func aMissingSecretFileIsNamed() throws {
        let ended = try run(
            "rostrum", ["topics", "create"], environment: ["ROSTRUM_KAFKA_EXTRA_SASL_PASSWORD_FILE": "/no/such/secret"])
        #expect(ended.code == 78 && ended.errors.contains("'/no/such/secret', which cannot be read"))
    }
}
