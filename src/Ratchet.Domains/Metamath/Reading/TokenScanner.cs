using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ratchet.Domains.Metamath.Reading;

/// <summary>Cuts a text into tokens and passes over comments.</summary>
internal sealed class TokenScanner(SourceFile source)
{
    private const ulong Ones = 0x0101010101010101;
    private const ulong HighBits = 0x8080808080808080;

    /// <summary>What bulk text (comments, proofs) is searched for: <c>$</c> and every byte that may not stand in a database.</summary>
    private static readonly SearchValues<byte> DollarOrIllegal =
        SearchValues.Create([(byte)'$', .. Enumerable.Range(0, 256).Select(b => (byte)b).Where(b => !IsLegal(b))]);

    private static readonly SearchValues<byte> Dollar = SearchValues.Create("$"u8);

    public SourceFile Source { get; } = source;

    /// <summary>Where the next token is looked for.</summary>
    public int Position { get; set; }

    /// <summary>Where the current token begins.</summary>
    public int Start { get; private set; }

    public int Length { get; private set; }

    /// <summary>The current token's key in a <see cref="TokenTable"/>.</summary>
    public ulong Key { get; private set; }

    /// <summary>The character behind <c>$</c> where the current token is a keyword of two characters, else 0.</summary>
    public byte Keyword => Length == 2 && Source.Bytes[Start] == (byte)'$' ? Source.Bytes[Start + 1] : (byte)0;

    public string Text => Source.Text(Start, Length);

    public static bool IsSpace(byte b) => b <= 32 && ((0x100003600UL >> b) & 1) != 0;

    /// <summary>Goes to the next token outside comments; false at the end of the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Next()
    {
        while (true)
        {
            var bytes = Source.Bytes;
            var position = Position;
            byte b;
            while ((b = bytes[position]) <= 32)
            {
                if (position >= Source.Length)
                {
                    Position = Start = position;
                    Length = 0;
                    return false;
                }

                if (!IsSpace(b))
                    throw Illegal(position);
                position++;
            }

            Start = position;
            Measure(bytes, position);
            Position = Start + Length;
            if (Keyword != (byte)'(')
                return true;
            SkipComment(Start);
        }
    }

    /// <summary>From behind <c>$=</c>, goes to the <c>$.</c> that ends the proof and gives where the proof ends. False where the text ends first.</summary>
    public bool SkipProof(out int end)
    {
        var bytes = Source.Bytes;
        while (true)
        {
            var found = Source.Bytes.AsSpan(Position, Source.Length - Position).IndexOfAny(DollarOrIllegal);
            if (found < 0)
            {
                end = Start = Position = Source.Length;
                Length = 0;
                return false;
            }

            var at = Position + found;
            if (bytes[at] != (byte)'$')
                throw Illegal(at);
            Start = at;
            Length = 2;
            if (!IsSpace(bytes[at - 1]) || !IsSpace(bytes[at + 2]))
                throw new ReadException(MetamathErrorKind.KeywordNotSeparated, at, 2, $"The keyword {Source.Text(at, 2)} must stand between white space.");
            Position = at + 2;
            if (bytes[at + 1] == (byte)'.')
            {
                end = at;
                return true;
            }

            if (bytes[at + 1] != (byte)'(')
                throw new ReadException(MetamathErrorKind.ForbiddenToken, at, 2, $"The keyword {Source.Text(at, 2)} stands inside a proof; was $. forgotten?");
            SkipComment(at);
        }
    }

    /// <summary>After a mistake: goes behind the next <c>$.</c>, whatever stands before it.</summary>
    public void SkipStatement()
    {
        var bytes = Source.Bytes;
        while (true)
        {
            var found = bytes.AsSpan(Position, Source.Length - Position).IndexOfAny(Dollar);
            if (found < 0)
            {
                Position = Source.Length;
                return;
            }

            var at = Position + found;
            Position = at + 1;
            if (bytes[at + 1] == (byte)'.')
            {
                Position = at + 2;
                return;
            }

            // A block's edge is left to the reader, so that one mistake does not unbalance the rest.
            if (bytes[at + 1] is (byte)'{' or (byte)'}')
            {
                Position = at;
                return;
            }
        }
    }

    private void SkipComment(int start)
    {
        var bytes = Source.Bytes;
        var position = start + 2;
        while (true)
        {
            var found = bytes.AsSpan(position, Source.Length - position).IndexOfAny(DollarOrIllegal);
            if (found < 0)
            {
                Position = Source.Length;
                throw new ReadException(MetamathErrorKind.CommentNotClosed, start, 2, "The comment that begins here has no end.");
            }

            var at = position + found;
            position = at + 1;
            Position = position;
            if (bytes[at] != (byte)'$')
                throw Illegal(at);
            if (bytes[at + 1] == (byte)'(')
                throw new ReadException(MetamathErrorKind.NestedComment, at, 2, "$( stands inside a comment; comments do not nest.");
            if (bytes[at + 1] != (byte)')')
                continue;
            Position = at + 2;
            if (!IsSpace(bytes[at - 1]) || !IsSpace(bytes[at + 2]))
                throw new ReadException(MetamathErrorKind.KeywordNotSeparated, at, 2, "The keyword $) must stand between white space.");
            return;
        }
    }

    private static bool IsLegal(int b) => b is >= 33 and <= 126 || IsSpace((byte)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Measure(byte[] bytes, int start)
    {
        // The lowest byte below 33 in eight: exact for the first one, which is all that is asked.
        var word = Unsafe.ReadUnaligned<ulong>(ref bytes[start]);
        var spaces = (word - (Ones * 33)) & ~word & HighBits;
        if (spaces != 0)
        {
            Length = BitOperations.TrailingZeroCount(spaces) >> 3;
            Key = word & ((1UL << (8 * Length)) - 1);
            return;
        }

        var end = start + 8;
        while (bytes[end] > 32)
            end++;
        Length = end - start;
        Key = TokenTable.LongKey(bytes.AsSpan(start, Length));
    }

    private ReadException Illegal(int position)
    {
        Position = position + 1;
        var b = Source.Bytes[position];
        return new ReadException(MetamathErrorKind.InvalidCharacter, position, 1, $"The byte 0x{b:X2} may not stand in a database: only printable ASCII, spaces, tabs and line ends may.");
    }
}
