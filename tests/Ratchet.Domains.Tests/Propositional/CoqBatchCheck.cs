using System.Diagnostics;
using System.Text.RegularExpressions;
using Ratchet.Domains.Propositional;

namespace Ratchet.Domains.Tests.Propositional;

/// <summary>Asks the real Coq about many proofs with few starts of <c>coqc</c>.</summary>
internal static partial class CoqBatchCheck
{
    public const string Missing = "coqc is not installed (Debian package: coq).";

    public static bool IsInstalled { get; } = FindInPath();

    /// <summary>Numbers of the proofs that Coq refuses.</summary>
    public static List<int> Refused(IReadOnlyList<(string Statement, string Proof)> proofs)
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-coq-");
        try
        {
            var open = Enumerable.Range(0, proofs.Count).ToList();
            var refused = new List<int>();
            while (open.Count > 0)
            {
                var writer = new StringWriter();
                CoqExport.Write(writer, open.Select(i => ($"p{i}", proofs[i].Statement, proofs[i].Proof)));
                var text = writer.ToString();
                var file = Path.Combine(folder.FullName, "batch.v");
                File.WriteAllText(file, text);
                var (code, output) = Run(file, folder.FullName);
                if (code == 0)
                    break;
                var line = int.Parse(LineNumber().Match(output).Groups[1].Value);
                var before = string.Join('\n', text.Split('\n').Take(line));
                var index = int.Parse(TheoremName().Matches(before)[^1].Groups[1].Value);
                refused.Add(index);
                open.RemoveAll(i => i <= index);
            }

            return refused;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static (int Code, string Output) Run(string file, string folder)
    {
        var start = new ProcessStartInfo("coqc", ["-q", file]) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["OCAMLRUNPARAM"] = "s=1M";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(300_000))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException("coqc took more than five minutes.");
        }

        return (process.ExitCode, output + errors.Result);
    }

    private static bool FindInPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => p.Length > 0 && File.Exists(Path.Combine(p, "coqc")));

    [GeneratedRegex(@"line (\d+)")]
    private static partial Regex LineNumber();

    [GeneratedRegex(@"Theorem thm_p(\d+) ")]
    private static partial Regex TheoremName();
}
