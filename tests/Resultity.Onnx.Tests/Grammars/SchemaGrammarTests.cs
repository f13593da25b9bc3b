using System.Text.Json;
using Resultity.Onnx.Grammars;
using Xunit;

namespace Resultity.Onnx.Tests.Grammars;

public sealed class SchemaGrammarTests
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    [Fact]
    public void Whatever_tokens_are_drawn_the_document_follows_the_schema()
    {
        var contradictory = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            using var schema = JsonDocument.Parse(new RandomSchema(random).Next().ToJsonString());
            Grammar grammar;
            try
            {
                grammar = Grammar.FromSchema(schema.RootElement);
            }
            catch (GrammarException error) when (error.Message.Contains("combines", StringComparison.Ordinal) || error.Message.Contains("enum", StringComparison.Ordinal) || error.Message.Contains("bounds", StringComparison.Ordinal))
            {
                contradictory++;
                continue;
            }
            for (var round = 0; round < 3; round++)
            {
                var text = RandomWriter.Write(grammar, random);
                using var document = JsonDocument.Parse(text, Deep);
                var error = SchemaValidator.Error(schema.RootElement, document.RootElement, schema.RootElement);
                Assert.True(error is null, $"seed {seed}: {error}\nschema {schema.RootElement.GetRawText()}\ntext {text}");
            }
        }
        Assert.True(contradictory < 40, $"{contradictory} of the random schemas contradict themselves");
    }

    [Fact]
    public void Any_object_is_an_object_of_bounded_depth()
    {
        var grammar = Grammar.JsonObject();
        for (var seed = 0; seed < 200; seed++)
        {
            using var document = JsonDocument.Parse(RandomWriter.Write(grammar, new Random(seed)));
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        }
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}""", """{"name": "Ann \u00e9 \ud83d\ude00", "age": 42}""", """{"age": 42, "name": "Ann"}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}""", """{"b":1}""", """{"c":1}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"string"}}""", """{"a": 1, "ab": "x", "": "y"}""", """{"a": 1, "a": "x"}""")]
    [InlineData("""{"type":"array","items":{"type":"integer","minimum":-3,"maximum":120},"minItems":1,"maxItems":3}""", "[-3, 0, 120]", "[121]")]
    [InlineData("""{"type":"integer","exclusiveMinimum":9,"maximum":1000}""", "10", "9")]
    [InlineData("""{"type":"number","minimum":0,"maximum":1}""", "0.25", "1.01")]
    [InlineData("""{"type":"number","exclusiveMinimum":0.2,"maximum":0.8}""", "0.8", "0.2")]
    [InlineData("""{"type":"number","maximum":-1.5}""", "-1.5", "-1.4")]
    [InlineData("""{"type":"string","maxLength":2}""", "\"é😀\"", "\"abc\"")]
    [InlineData("""{"type":"string","pattern":"^\\w+@\\w+\\.com$"}""", "\"me@home.com\"", "\"me@home.org\"")]
    [InlineData("""{"type":"string","pattern":"b"}""", "\"abc\"", "\"acc\"")]
    [InlineData("""{"enum":["red","green",7]}""", "\"green\"", "\"blue\"")]
    [InlineData("""{"const":{"a":[1,"x"]}}""", """{"a": [1, "x"]}""", """{"a": [2, "x"]}""")]
    [InlineData("""{"anyOf":[{"type":"null"},{"type":"boolean"}]}""", "null", "1")]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"]},{"type":"object","properties":{"kind":{"const":"b"},"n":{"type":"integer"}},"required":["kind","n"]}]}""", """{"kind": "b", "n": 1}""", """{"kind": "a", "n": 1}""")]
    [InlineData("""{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false,"minItems":1}""", "[\"a\", 1]", "[1]")]
    [InlineData("""{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"c":{"type":"array","items":{"$ref":"#/$defs/t"}}},"required":["c"]}}}""", """{"c":[{"c":[]},{"c":[{"c":[]}]}]}""", """{"c":[{}]}""")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"type":"number"}}},{"properties":{"a":{"type":"integer"},"b":{"type":"null"}},"required":["b"]}]}""", """{"a":1,"b":null}""", """{"a":1.5,"b":null}""")]
    [InlineData("""{"allOf":[{"type":"object","additionalProperties":{"type":"integer"}},{"properties":{"b":{}},"required":["b"]}]}""", """{"b":1}""", """{"b":"x"}""")]
    [InlineData("""{"allOf":[{"enum":["red",1,7]},{"type":"integer","minimum":5}]}""", "7", "1")]
    [InlineData("{}", """[1, {"a": "b"}, null]""", "nothing")]
    public void What_fits_can_be_written_and_what_does_not_cannot(string schema, string fits, string breaks)
    {
        var grammar = Grammar.FromSchema(JsonDocument.Parse(schema).RootElement);
        Assert.True(RandomWriter.Accepts(grammar, fits), fits);
        Assert.False(RandomWriter.Accepts(grammar, breaks), breaks);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","uniqueItems":true}}}""", "#/properties/a", "uniqueItems")]
    [InlineData("""{"not":{"type":"null"}}""", "#", "not")]
    [InlineData("""{"type":"string","pattern":"(?=x)"}""", "#", "lookaround")]
    [InlineData("""{"type":"string","pattern":"a","minLength":1}""", "#", "pattern")]
    [InlineData("""{"$ref":"https://example.com/s"}""", "#", "refers to")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "#", "not there")]
    [InlineData("""{"$ref":"#"}""", "#", "never end")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#"}},"required":["n"]}""", "#", "never end")]
    [InlineData("""{"type":"text"}""", "#", "does not exist")]
    [InlineData("""{"type":"integer","multipleOf":3}""", "#", "multipleOf")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "#", "bounds")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "#", "oneOf")]
    [InlineData("""{"type":"object","required":["x"],"additionalProperties":false}""", "#", "requires 'x'")]
    [InlineData("""{"enum":[]}""", "#", "enum")]
    [InlineData("""[1]""", "#", "must be an object")]
    [InlineData("""{"allOf":[{"$ref":"#"},{"type":"object"}]}""", "#", "without end")]
    public void A_schema_that_cannot_be_followed_is_refused_by_its_place(string schema, string place, string part)
    {
        var error = Assert.Throws<GrammarException>(() => Grammar.FromSchema(JsonDocument.Parse(schema).RootElement));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal(place, error.Place);
    }

    [Fact]
    public void A_hostile_schema_is_refused_before_it_costs_much()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 60)) + "{}" + new string('}', 60);
        Assert.NotNull(Grammar.FromSchema(JsonDocument.Parse(deep, Deep).RootElement));
        var deeper = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 90)) + "{}" + new string('}', 90);
        Assert.Throws<GrammarException>(() => Grammar.FromSchema(JsonDocument.Parse(deeper, Deep).RootElement));
        var wide = $$"""{"enum":[{{string.Join(',', Enumerable.Range(0, 20_000))}}]}""";
        Assert.Throws<GrammarException>(() => Grammar.FromSchema(JsonDocument.Parse(wide).RootElement));
    }

    [Fact]
    public void A_token_that_was_not_allowed_is_not_accepted()
    {
        var constraint = RandomWriter.Factory.Create(Grammar.JsonObject());
        Assert.False(constraint.CanEnd);
        Assert.Throws<InvalidOperationException>(() => constraint.Accept(RandomWriter.Tokenizer.FindToken("a")!.Value));
        Assert.False(RandomWriter.Allows(constraint, RandomWriter.Tokenizer.FindToken("<|im_end|>")!.Value));
    }
}
