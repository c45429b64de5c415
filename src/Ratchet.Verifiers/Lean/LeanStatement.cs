using System.Security.Cryptography;
using System.Text;
using Ratchet.Problems;
using Ratchet.Verifiers.Lean.Syntax;

namespace Ratchet.Verifiers.Lean;

/// <summary>The statement that is to be proved: a whole Lean file that stops where the proof begins.</summary>
/// <remarks>
/// The last declaration is a <c>theorem</c>, <c>lemma</c> or <c>example</c> and ends in <c>:= by</c>, <c>:= by sorry</c>, <c>:= sorry</c>, <c>:=</c> or
/// nothing; all of them mean the same. An <c>example</c> is given a name so that its axioms can be asked for. The proof is always a tactic
/// block, on the lines after <c>:= by</c>; where its first tactic stands in the first column, all its lines are indented by two.
/// </remarks>
public sealed class LeanStatement
{
    private const int MaxLength = 1 << 20;
    private const int Indent = 2;
    private const string ExampleName = "ratchet_example";

    private readonly string _beforeProof;

    private LeanStatement(string header, string beforeProof, string name, string fullName)
    {
        Header = header;
        _beforeProof = beforeProof;
        Name = name;
        FullName = fullName;
    }

    /// <summary>The imports at the head of the file with a line end after each line; empty where nothing is imported.</summary>
    public string Header { get; }

    /// <summary>Name of the theorem as it is written.</summary>
    public string Name { get; }

    /// <summary>Name of the theorem with the namespaces that are open around it.</summary>
    public string FullName { get; }

    /// <summary>Reads a statement.</summary>
    /// <param name="statement">Lean source text, at most 1,048,576 characters.</param>
    /// <exception cref="StatementException">The text cannot be read, has a hole of its own, or does not end in a theorem without proof.</exception>
    public static LeanStatement Parse(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        if (statement.Length > MaxLength)
            throw new StatementException($"The statement has {statement.Length} characters; at most {MaxLength} are read.", MaxLength);
        statement = statement.Replace("\r\n", "\n", StringComparison.Ordinal);
        var read = LeanTokenizer.Read(statement);
        if (read.Faults.Count > 0)
            throw new StatementException($"The statement cannot be read for certain: {read.Faults[0].Message}.", read.Faults[0].Start);
        var tokens = read.Items;
        var count = WithoutProof(tokens, statement);
        var keyword = LastDeclaration(tokens, count, statement);
        CheckContext(tokens, count);
        var (name, fullName) = Names(tokens, keyword, count);
        var end = tokens[count - 1].End;
        var text = tokens[keyword].Text == "example"
            ? $"{statement[..tokens[keyword].Start]}theorem {ExampleName}{statement[tokens[keyword].End..end]}"
            : statement[..end];
        var headerEnd = HeaderEnd(tokens, statement);
        var body = text[headerEnd..].TrimEnd() + " := by\n";
        var header = headerEnd == 0 ? "" : text[..headerEnd];
        if (header.Length > 0 && header[^1] != '\n')
            header += '\n';
        return new LeanStatement(header, header + body, name, fullName);
    }

    /// <summary>The file that shows an attempt at a proof to Lean.</summary>
    /// <param name="attempt">Text of the tactic block.</param>
    /// <param name="askAxioms">Whether Lean is asked which axioms the theorem rests on.</param>
    internal LeanSource With(string attempt, bool askAxioms) => With(attempt, LeanTokenizer.Read(attempt), askAxioms);

    internal LeanSource With(string attempt, LeanTokens tokens, bool askAxioms)
    {
        var starts = LeanSource.LineStarts(attempt);
        var first = tokens.Items.Count > 0 ? tokens.Items[0].Start : 0;
        var shift = first < attempt.Length && Array.BinarySearch(starts, first) >= 0;
        var indented = new bool[starts.Length];
        var builder = new StringBuilder(_beforeProof, _beforeProof.Length + attempt.Length + 200);
        for (var i = 0; i < starts.Length; i++)
        {
            indented[i] = shift && !tokens.Quoted.Any(q => q.Start < starts[i] && starts[i] < q.End);
            if (indented[i])
                builder.Append(' ', Indent);
            builder.Append(attempt, starts[i], (i + 1 < starts.Length ? starts[i + 1] - 1 : attempt.Length) - starts[i]).Append('\n');
        }

        var marker = "ratchet " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(builder.ToString())).AsSpan(0, 16));
        builder.Append('\n').Append($"#print \"{marker}\"\n");
        if (askAxioms)
            builder.Append($"#print axioms {FullName}\n");
        builder.Append($"#print \"{marker}\"\n");
        return new LeanSource(this, attempt, builder.ToString(), _beforeProof.Count(c => c == '\n') + 1, Indent, indented, marker);
    }

    /// <summary>What follows the imports, with a hole for a proof from which tactic mode starts.</summary>
    internal string BodyWithHole => _beforeProof[Header.Length..] + "  sorry\n";

    /// <summary>Number of tokens up to the end of the type: without <c>:=</c>, <c>by</c> and <c>sorry</c>.</summary>
    private static int WithoutProof(IReadOnlyList<LeanToken> tokens, string statement)
    {
        var count = tokens.Count;
        var assigned = count;
        if (assigned > 0 && tokens[assigned - 1].IsWord("sorry"))
            assigned--;
        if (assigned > 0 && tokens[assigned - 1].IsWord("by"))
            assigned--;
        if (assigned >= 2 && tokens[assigned - 1].IsSymbol("=") && tokens[assigned - 2].IsSymbol(":") && tokens[assigned - 2].End == tokens[assigned - 1].Start)
            return assigned - 2;
        if (assigned != count)
            throw new StatementException("The statement does not end in \":= by\".", tokens[assigned].Start);
        return count > 0 ? count : throw new StatementException("The statement is empty.", statement.Length);
    }

    private static int LastDeclaration(IReadOnlyList<LeanToken> tokens, int count, string statement)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            if (tokens[i].IsWord("theorem") || tokens[i].IsWord("lemma") || tokens[i].IsWord("example"))
                return i;
            if (LeanWords.AuditOf(tokens[i].Text) is LeanWords.Command && tokens[i].Kind == LeanTokenKind.Word)
                throw new StatementException($"The statement must end in a theorem, lemma or example; here it ends in \"{tokens[i].Text}\".", tokens[i].Start);
        }

        throw new StatementException("There is no theorem, lemma or example in the statement.", statement.Length);
    }

    /// <summary>What a statement may not bring itself: a hole would make every proof rest on it, and Lean would run commands.</summary>
    private static void CheckContext(IReadOnlyList<LeanToken> tokens, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var token = tokens[i];
            if (token.Kind != LeanTokenKind.Word)
                continue;
            if (LeanWords.AuditOf(token.Text) == LeanWords.Hole)
                throw new StatementException($"The statement has a hole of its own (\"{token.Text}\"), on which every proof would rest: fill it in.", token.Start);
            if (LeanWords.AuditOf(token.Text) is LeanWords.Execution or LeanWords.File or LeanWords.Environment
                || (i > 0 && tokens[i - 1].IsSymbol("#") && tokens[i - 1].End == token.Start && LeanWords.IsHashCommand(token.Text)))
            {
                throw new StatementException($"The statement would make Lean run a program (\"{token.Text}\").", token.Start);
            }

            if (token.Text == "set_option" && i + 1 < count && !LeanWords.IsHarmlessOption(tokens[i + 1].Text))
                throw new StatementException($"The statement sets the option {tokens[i + 1].Text}, which may change what Lean checks or says.", tokens[i + 1].Start);
        }
    }

    private static (string Name, string FullName) Names(IReadOnlyList<LeanToken> tokens, int keyword, int count)
    {
        var scopes = new List<string?>();
        for (var i = 0; i < keyword; i++)
        {
            var next = i + 1 < keyword && tokens[i + 1].Kind == LeanTokenKind.Word && !LeanWords.IsKeyword(tokens[i + 1].Text) ? tokens[i + 1].Text : null;
            switch (tokens[i] is { Kind: LeanTokenKind.Word } word ? word.Text : null)
            {
                case "namespace" when next is not null:
                    scopes.AddRange(LeanName.Components(next));
                    break;
                case "section":
                    scopes.AddRange(next is null ? [null] : LeanName.Components(next).Select(_ => (string?)null));
                    break;
                case "mutual":
                    throw new StatementException("A statement inside a mutual block is not supported.", tokens[i].Start);
                case "end":
                    var closed = next is null ? 1 : LeanName.Components(next).Count;
                    scopes.RemoveRange(Math.Max(0, scopes.Count - closed), Math.Min(closed, scopes.Count));
                    break;
            }
        }

        if (tokens[keyword].Text == "example")
            return (ExampleName, string.Join('.', scopes.Where(s => s is not null).Append(ExampleName)));
        if (keyword + 1 >= count || tokens[keyword + 1].Kind != LeanTokenKind.Word || LeanWords.IsKeyword(tokens[keyword + 1].Text))
            throw new StatementException($"A name is expected after \"{tokens[keyword].Text}\".", tokens[keyword].End);
        var name = tokens[keyword + 1].Text;
        return name.StartsWith("_root_.", StringComparison.Ordinal)
            ? (name, name["_root_.".Length..])
            : (name, string.Join('.', scopes.Where(s => s is not null).Append(name)));
    }

    /// <summary>Offset of the line after the last import, 0 where there is none.</summary>
    private static int HeaderEnd(IReadOnlyList<LeanToken> tokens, string statement)
    {
        var end = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!tokens[i].IsWord("import") || i + 1 >= tokens.Count)
                break;
            end = tokens[++i].End;
        }

        if (end == 0)
            return 0;
        var line = statement.IndexOf('\n', end);
        if (line < 0 || tokens.Any(t => t.Start >= end && t.Start < line))
            throw new StatementException("Something stands on the line of the last import: put it on a line of its own.", end);
        return line + 1;
    }
}
