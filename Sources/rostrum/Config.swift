import ArgumentParser
import Foundation
import WorkerSupport
import Workers

/// `rostrum config …`
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows and checks the settings that all programs share.",
        subcommands: [Show.self, Check.self, Sample.self, Schema.self, ReferencePage.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints every setting with its value and the layer that set it. Secrets are never shown.",
            discussion: """
                Example: rostrum config show --config /etc/rostrum.yaml

                \(ExitCode.explained([.done, .usage, .problemsFound]))
                """)

        @Option(help: "text or json.")
        var output: Output = .text

        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let resolution = options.resolve()
            StandardOutput.write(output == .json ? json(resolution) : SettingsText.table(resolution.effective))
            try Config.end(resolution)
        }

        private func json(_ resolution: SettingsResolution) -> String {
            let rows = resolution.effective.map { setting in
                [
                    "key": setting.key.description, "value": setting.shown as Any? ?? NSNull(),
                    "layer": setting.origin.layer.rawValue, "place": setting.origin.place,
                ]
            }
            let data = try? JSONSerialization.data(
                withJSONObject: rows, options: [.sortedKeys, .withoutEscapingSlashes])
            return String(decoding: data ?? Data(), as: UTF8.self) + "\n"
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Finds every mistake in file, environment and flags.",
            discussion: """
                Example: ROSTRUM_CONFIG=/etc/rostrum.yaml rostrum config check

                \(ExitCode.explained([.done, .usage, .problemsFound]))
                """)

        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let resolution = options.resolve()
            try Config.end(resolution)
            try checkProperties(try resolution.settings())
            StandardOutput.write("the settings are valid\n")
        }

        /// Whether librdkafka takes `kafka.extra`; it says so when a client is made, before any broker is asked.
        private func checkProperties(_ settings: Settings) throws {
            let logger = Logs(level: .critical, format: .auto).logger("rostrum")
            do {
                _ = try Cluster(settings, program: "rostrum", logger: logger).admin()
            } catch {
                throw ProgramFailure(
                    .problemsFound, code: "settings.kafka_extra",
                    "librdkafka does not take what stands under kafka.extra: \(error)")
            }
        }
    }

    struct Sample: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints a settings file with every key, commented out, with its default.",
            discussion: """
                Example: rostrum config sample > rostrum.yaml

                \(ExitCode.explained([.done, .usage]))
                """)

        func run() async throws { StandardOutput.write(SettingsText.sampleFile) }
    }

    struct Schema: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the JSON Schema (2020-12) of the settings file, for completion and checks in editors.",
            discussion: """
                Example: rostrum config schema > settings.schema.json, and in the settings file
                # yaml-language-server: $schema=settings.schema.json

                \(ExitCode.explained([.done, .usage]))
                """)

        func run() async throws { StandardOutput.write(SettingsSchema.text) }
    }

    struct ReferencePage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reference",
            abstract: "Prints the reference of all settings and metrics as Markdown (Deploy/reference.md).",
            discussion: """
                Example: rostrum config reference > reference.md

                \(ExitCode.explained([.done, .usage]))
                """)

        func run() async throws { StandardOutput.write(Reference.markdown) }
    }

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    private static func end(_ resolution: SettingsResolution) throws {
        for problem in resolution.problems { Program.say("error: \(problem)") }
        try Program.end(with: resolution.problems.isEmpty ? .done : .problemsFound)
    }
}
