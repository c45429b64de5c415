using System.ComponentModel;
using System.Diagnostics;
using Ratchet.Models.Tokenization.Normalizers;

namespace Ratchet.Models.Tests.Reference;

/// <summary>The embedded table of Unicode normalisation is what its script (unicode_normalization.py beside this file) makes of Python's character database.</summary>
public sealed class UnicodeTableTests
{
    [Fact]
    public void The_table_is_what_its_script_makes_of_the_character_database()
    {
        using var stream = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream(typeof(UnicodeNormalization), "UnicodeNormalization.txt")!;
        using var reader = new StreamReader(stream);
        var table = reader.ReadToEnd().Split('\n');

        var made = Make()?.Split('\n');
        Assert.SkipWhen(made is null, "Needs python3.");
        Assert.SkipUnless(made![0] == table[0], $"The table is of {table[0]}, this Python's character database of {made[0]}.");

        Assert.Equal(made, table);
    }

    private static string? Make()
    {
        try
        {
            var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
            using var process = Process.Start(new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "Reference", "unicode_normalization.py")]) { RedirectStandardOutput = true })!;
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? text : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
