using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Ratchet.Domains.Tests.Metamath;

/// <summary>The metamath program, where it is installed.</summary>
internal static partial class MetamathProgram
{
    public const string Missing = "The metamath program is not installed (package metamath).";
    public const string DatabaseFolder = "/usr/share/metamath/databases";

    public static bool IsInstalled { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => f.Length > 0 && File.Exists(Path.Combine(f, "metamath")));

    public static bool LongTests { get; } = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    /// <summary>What the program prints when it reads a file and verifies all proofs. The folder becomes the working folder, for inclusions.</summary>
    public static string Run(string path)
    {
        var start = new ProcessStartInfo("metamath", ["set width 9999", $"read \"{Path.GetFileName(path)}\"", "verify proof *", "exit", "exit"])
        {
            WorkingDirectory = Path.GetDirectoryName(path)!,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    /// <summary>True where the output says that the file was read without a mistake and every proof is right.</summary>
    public static bool SaysVerified(string output) =>
        output.Contains("All proofs in the database were verified", StringComparison.Ordinal) && !output.Contains("?Error", StringComparison.Ordinal) && !output.Contains("were not proved", StringComparison.Ordinal);

    /// <summary>Labels of the theorems that the output calls wrong or unproved.</summary>
    public static HashSet<string> Unproved(string output)
    {
        var text = string.Join(' ', output.Split(['\n', '\r', ' '], StringSplitOptions.RemoveEmptyEntries));
        var labels = ErrorLabel().Matches(text).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        if (Warning().Match(text) is { Success: true } warning)
            labels.UnionWith(warning.Groups[1].Value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries));
        return labels;
    }

    [GeneratedRegex("""\?Error on line \d+ of file "[^"]*" at statement \d+, label "([^"]+)", type "\$p":""")]
    private static partial Regex ErrorLabel();

    [GeneratedRegex("""statement\(s\) were not proved: (.*?) ?(?:MM>|$)""")]
    private static partial Regex Warning();
}
