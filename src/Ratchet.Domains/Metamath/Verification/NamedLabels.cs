using System.Text;
using Ratchet.Domains.Metamath.Reading;

namespace Ratchet.Domains.Metamath.Verification;

/// <summary>Reads the proofs of a database without running them.</summary>
internal static class NamedLabels
{
    /// <summary>The statements that a theorem's proof names; what is no label is passed over.</summary>
    public static List<int> Of(MetamathDatabase database, int theorem)
    {
        var result = new List<int>();
        var compressed = false;
        foreach (var scanner in Tokens(database, theorem))
        {
            var bytes = scanner.Source.Bytes;
            if (scanner.Length == 1 && bytes[scanner.Start] == (byte)'(')
                compressed = true;
            else if (compressed && scanner.Length == 1 && bytes[scanner.Start] == (byte)')')
                break;
            else if (database.Tables.Labels.Find(scanner.Key, bytes, scanner.Start, scanner.Length) is var label and >= 0)
                result.Add(label);
        }

        return result;
    }

    /// <summary>The proof of a theorem with single spaces between its tokens and without comments.</summary>
    public static string ProofText(MetamathDatabase database, int theorem)
    {
        var text = new StringBuilder();
        foreach (var scanner in Tokens(database, theorem))
            text.Append(text.Length == 0 ? "" : " ").Append(scanner.Text);
        return text.ToString();
    }

    private static IEnumerable<TokenScanner> Tokens(MetamathDatabase database, int theorem)
    {
        var record = database.Tables.Statements[theorem];
        var scanner = new TokenScanner(database.Tables.Sources[record.Source]) { Position = record.ProofStart };
        while (scanner.Next() && scanner.Start < record.ProofStart + record.ProofLength)
            yield return scanner;
    }
}
