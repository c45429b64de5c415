using System.CommandLine;
using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Systems;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet verify FILE --with DOMAIN</c>.</summary>
internal static class VerifyVerb
{
    public static Command Make(CliContext context)
    {
        var file = new Argument<string>("file") { Description = "Proofs: one JSON object a line with \"statement\" and \"proof\"; '-' reads standard input." };
        var with = new Option<string>("--with") { HelpName = "domain", Description = "Domain whose verifier judges.", DefaultValueFactory = _ => "propositional" };
        var json = Arguments.Json();
        var command = new Command("verify", "Judges proofs of a file; exit code 1 when one is not accepted.") { file, with, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var domain = DomainCatalog.Create(parsed.GetRequiredValue(with));
            var path = parsed.GetRequiredValue(file);
            var (accepted, all) = (0, 0);
            foreach (var (line, statement, proof) in await ReadAsync(path, cancellationToken))
            {
                var verdict = await domain.Verifier.VerifyAsync(Goals.Parse(domain, $"line-{line}", statement), proof, cancellationToken);
                all++;
                accepted += verdict.IsAccepted ? 1 : 0;
                if (parsed.GetValue(json))
                {
                    context.Out.WriteLine(JsonSerializer.Serialize(new { line, outcome = verdict.Outcome, reason = verdict.Reason, verifier = verdict.Verifier, verifier_version = verdict.VerifierVersion, steps = verdict.Steps, feedback = verdict.Feedback }, JsonLines.Options));
                }
                else if (!verdict.IsAccepted)
                {
                    context.Out.WriteLine($"{path}:{line}: {verdict.Outcome} ({InspectVerb.Word(verdict.Reason)}): {statement}");
                    context.Out.Write(Carets.Render(proof, verdict.Feedback));
                }
            }

            if (!parsed.GetValue(json))
                context.Out.WriteLine($"{accepted} of {all} accepted by {domain.Verifier.Name} {domain.Verifier.Version}");
            return accepted == all ? 0 : 1;
        });
        return command;
    }

    private static async Task<List<(int Line, string Statement, string Proof)>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            text = path == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The file {path} cannot be read: {e.Message}", "Check the path.", e);
        }

        var items = new List<(int, string, string)>();
        var wrong = new List<string>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var document = JsonDocument.Parse(line);
                var (statement, proof) = (Text(document.RootElement, "statement"), Text(document.RootElement, "proof"));
                if (statement is null || proof is null)
                    wrong.Add($"{path}:{number}: an object with the texts \"statement\" and \"proof\" is needed.");
                else
                    items.Add((number, statement, proof));
            }
            catch (JsonException e)
            {
                wrong.Add($"{path}:{number}: not JSON: {e.Message}");
            }
        }

        return wrong.Count == 0 ? items
            : throw new RatchetException($"{wrong.Count} lines of {path} cannot be read:\n  {string.Join("\n  ", wrong.Take(20))}", "Correct the lines; 'ratchet export proofs --format jsonl' writes the form.");
    }

    private static string? Text(JsonElement root, string key) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
