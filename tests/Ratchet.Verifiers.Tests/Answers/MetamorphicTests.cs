using System.Globalization;
using System.Numerics;
using CsCheck;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

/// <summary>Random answers against themselves written another way, and against near misses.</summary>
public sealed class MetamorphicTests
{
    private static readonly Gen<(BigInteger N, BigInteger D)> Fraction = Gen.Select(Gen.Long[-5_000_000_000, 5_000_000_000], Gen.Long[1, 9_999], (n, d) => ((BigInteger)n, (BigInteger)d));

    // Expressions of small terms, written in LaTeX.
    private static readonly Gen<string> Leaf = Gen.OneOf(Gen.Int[1, 9].Select(i => i.ToString(CultureInfo.InvariantCulture)), Gen.OneOf("x", "y", @"\pi", @"\sqrt{2}", @"\sqrt{3}", @"\frac{1}{2}"));

    private static readonly Gen<string> Expression = Gen.Recursive<string>((depth, inner) => depth > 3
        ? Leaf
        : Gen.OneOf(
            Leaf,
            Gen.Select(inner, inner, (a, b) => $"({a}+{b})"),
            Gen.Select(inner, inner, (a, b) => $"({a})({b})"),
            Gen.Select(inner, Gen.Int[2, 3], (a, n) => $"({a})^{{{n}}}"),
            Gen.Select(inner, inner, (a, b) => $"\\frac{{{a}}}{{{b}+7}}")));

    private static AnswerProfile Profile => AnswerProfiles.Lenient;

    [Fact]
    public void A_fraction_is_the_same_however_it_is_written()
    {
        Gen.Select(Fraction, Gen.Int[1, 50]).Sample((f, k) =>
        {
            var (n, d) = f;
            var plain = $"{n}/{d}";
            string[] ways =
            [
                $"\\frac{{{n}}}{{{d}}}", $"\\dfrac{{{n * k}}}{{{d * k}}}", $"({n})\\div {d}", $"-\\frac{{{-n}}}{{{d}}}", $"{n}\\cdot\\frac1{{{d}}}", $"$ {n} / {d} $", $"x={n}/{d}", Mixed(n, d),
            ];
            foreach (var way in ways)
                Grading.Equal(plain, way, Profile);
        }, iter: 200);
    }

    [Fact]
    public void A_number_is_not_the_same_as_one_near_it()
    {
        Gen.Select(Fraction, Gen.Int[1, 60]).Sample((f, zeros) =>
        {
            var near = $"{f.N}/{f.D}+10^{{-{zeros}}}";
            Grading.Different($"{f.N}/{f.D}", near, AnswerProfiles.Math);
            Grading.Different(near, $"{f.N}/{f.D}", AnswerProfiles.Math);
        }, iter: 200);
    }

    [Fact]
    public void A_decimal_is_the_same_with_separators_zeros_and_exponents()
    {
        Gen.Select(Gen.Long[1_000, 999_999_999_999], Gen.Int[0, 8]).Sample((digits, decimals) =>
        {
            var text = digits.ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
            var (whole, part) = (text[..^decimals], text[^decimals..]);
            var plain = decimals == 0 ? whole : $"{whole}.{part}";
            var grouped = BigInteger.Parse(whole, CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture) + (decimals == 0 ? "" : $".{part}");
            Grading.Equal(plain, grouped, Profile);
            Grading.Equal(plain, grouped.Replace(",", "{,}", StringComparison.Ordinal), Profile);
            Grading.Equal(plain, $"{digits}e-{decimals}", Profile);
            Grading.Equal(plain, $"{digits}\\times 10^{{-{decimals}}}", Profile);
            Grading.Equal(plain, (decimals == 0 ? plain + "." : plain) + "000", Profile);
            Grading.Different(plain, $"{digits + 1}e-{decimals}", Profile);
        }, iter: 200);
    }

    [Fact]
    public void An_expression_equals_its_rewritings_and_no_neighbour()
    {
        Gen.Select(Expression, Expression).Sample((a, b) =>
        {
            Grading.Equal($"{a}+{b}", $"{b}+{a}", AnswerProfiles.Strict);
            Grading.Equal($"({a})({b})", $"({b})\\cdot({a})", AnswerProfiles.Strict);
            Grading.Equal($"({a}+{b})^2", $"({a})^2+2({a})({b})+({b})^2", AnswerProfiles.Strict);
            Grading.Equal($"({a}+{b})({a}-({b}))", $"({a})^2-({b})^2", AnswerProfiles.Strict);
            Grading.Equal(a, $"\\frac{{2({a})}}{{2}}", AnswerProfiles.Strict);
            Grading.Different(a, $"{a}+\\frac{{1}}{{1000}}", AnswerProfiles.Strict);
        }, iter: 40);
    }

    [Fact]
    public void Comparison_is_symmetric()
    {
        Gen.Select(Expression, Expression).Sample((a, b) =>
            Assert.Equal(AnswerGrader.Compare(a, b, AnswerProfiles.Strict).Outcome, AnswerGrader.Compare(b, a, AnswerProfiles.Strict).Outcome), iter: 100);
    }

    [Fact]
    public void Nested_radicals_equal_their_squares_roots()
    {
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[1, 12]).Sample((a, b, c) =>
        {
            // (sqrt a + c sqrt b)^2 = a + c^2 b + 2c sqrt(ab).
            Grading.Equal($"\\sqrt{{{a + (c * c * b)}+{2 * c}\\sqrt{{{a * b}}}}}", $"\\sqrt{{{a}}}+{c}\\sqrt{{{b}}}", AnswerProfiles.Strict);
            Grading.Different($"\\sqrt{{{a + (c * c * b)}+{2 * c}\\sqrt{{{(a * b) + 1}}}}}", $"\\sqrt{{{a}}}+{c}\\sqrt{{{b}}}", AnswerProfiles.Strict);
        }, iter: 60);
    }

    [Fact]
    public void A_shuffled_set_is_the_same_and_one_with_another_element_is_not()
    {
        Gen.Select(Gen.Int[-99, 99].HashSet[2, 6], Gen.Int).Sample((set, seed) =>
        {
            var items = set.Select(i => $"\\frac{{{i}}}{{7}}").ToArray();
            var shuffled = set.Select(i => $"{2 * i}/14").ToArray();
            new Random(seed).Shuffle(shuffled);
            Grading.Equal($"\\{{{string.Join(",", items)}\\}}", $"\\{{{string.Join(", ", shuffled)}\\}}", AnswerProfiles.Strict);
            Grading.Equal(string.Join(",", items), string.Join(" , ", shuffled), AnswerProfiles.Strict);
            shuffled[0] = "\\frac{1000}{7}";
            Grading.Different($"\\{{{string.Join(",", items)}\\}}", $"\\{{{string.Join(", ", shuffled)}\\}}", AnswerProfiles.Strict);
        }, iter: 100);
    }

    [Fact]
    public void A_scaled_equation_is_the_same_and_a_shifted_one_is_not()
    {
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[-20, 20], Gen.Int[2, 9]).Sample((a, b, c, k) =>
        {
            Grading.Equal($"{a}x+{b}y={c}", $"{-k * a}x-{k * b}y+({k * c})=0", Profile);
            Grading.Equal($"{a}x^2+{b}y^2={c * c + 1}", $"x^2+\\frac{{{b}}}{{{a}}}y^2=\\frac{{{(c * c) + 1}}}{{{a}}}", Profile);
            Grading.Different($"{a}x+{b}y={c}", $"{k * a}x+{k * b}y={(k * c) + 1}", Profile);
            Grading.Different($"{a}x+{b}y={c}", $"{a}x+{b + 1}y={c}", Profile);
        }, iter: 60);
    }

    [Fact]
    public void An_interval_is_the_same_as_its_inequality_and_split_in_two()
    {
        Gen.Select(Gen.Int[-50, 50], Gen.Int[1, 50], Gen.Int[1, 50], Gen.Bool, Gen.Bool).Sample((a, first, second, closedLow, closedHigh) =>
        {
            var (b, c) = (a + first, a + first + second);
            var interval = $"{(closedLow ? '[' : '(')}{a},{c}{(closedHigh ? ']' : ')')}";
            Grading.Equal(interval, $"{a}{(closedLow ? "\\le" : "<")} x{(closedHigh ? "\\le" : "<")} {c}", Profile);
            Grading.Equal(interval, $"{(closedLow ? '[' : '(')}{a},{b}]\\cup({b},{c}{(closedHigh ? ']' : ')')}", Profile);
            Grading.Different(interval, $"{(closedLow ? '(' : '[')}{a},{c}{(closedHigh ? ']' : ')')}", Profile);
        }, iter: 100);
    }

    private static string Mixed(BigInteger n, BigInteger d)
    {
        var (whole, rest) = (BigInteger.Abs(n) / d, BigInteger.Abs(n) % d);
        if (whole.IsZero || rest.IsZero)
            return $"{n}/{d}";
        return $"{(n.Sign < 0 ? "-" : "")}{whole}\\frac{{{rest}}}{{{d}}}";
    }
}
