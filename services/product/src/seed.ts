import type { NewProduct } from './domain.js';

// SKU | price in EUR | stock | tags | name | description
const table = `
TEA-001 | 12.90 | 9000 | black,india | Assam Second Flush | Malty and strong; takes milk well.
TEA-002 | 18.50 | 6000 | black,india | Darjeeling First Flush | Picked in March, light as its first sun.
TEA-003 | 14.20 | 6000 | black,ceylon | Ceylon Uva Highlands | Bright, with a trace of menthol from the dry wind.
TEA-004 | 16.80 | 6000 | black,china | Keemun Mao Feng | Cocoa, pine and a little smoke.
TEA-005 | 13.60 | 6000 | black,china,smoked | Lapsang Souchong | Dried over pine fires in the Wuyi mountains.
TEA-006 | 11.90 | 9000 | black,blend | English Breakfast | Assam, Ceylon and Kenya, for those who rise early.
TEA-007 | 12.40 | 9000 | black,blend,scented | Earl Grey | Ceylon with oil of real bergamot.
TEA-008 | 21.00 | 4000 | black,nepal | Himalayan Gold | Golden tips from Ilam, honey in the cup.
TEA-009 | 15.90 | 6000 | green,japan | Sencha Fukamushi | Long steamed, deep green, sweet grass.
TEA-010 | 29.00 | 2500 | green,japan,shaded | Gyokuro Asahi | Three weeks in the shade; brew it at 50 degrees.
TEA-011 | 24.50 | 3000 | green,japan,powder | Matcha Uji | Stone-ground; whisk, do not stir.
TEA-012 | 10.80 | 6000 | green,japan,roasted | Hojicha | Roasted leaves, hardly any caffeine.
TEA-013 | 11.50 | 6000 | green,japan,blend | Genmaicha | Sencha with roasted rice.
TEA-014 | 17.40 | 4000 | green,china | Long Jing | Flat leaves pressed in the pan; chestnut.
TEA-015 | 13.20 | 5000 | green,china,scented | Jasmine Pearls | Rolled by hand, scented for six nights.
TEA-016 | 9.90 | 6000 | green,china | Gunpowder Temple of Heaven | The one for mint tea.
TEA-017 | 26.00 | 2500 | white,china | Bai Hao Yin Zhen | Silver needles, nothing but buds.
TEA-018 | 19.80 | 3000 | white,china | Bai Mu Dan | White peony: buds and the first two leaves.
TEA-019 | 23.00 | 3000 | oolong,china | Tie Guan Yin | Iron goddess; orchids, many infusions.
TEA-020 | 31.50 | 1500 | oolong,china,roasted | Da Hong Pao | Rock oolong, roasted over charcoal.
TEA-021 | 25.00 | 2500 | oolong,taiwan | Dong Ding | From the frozen peak, butter and flowers.
TEA-022 | 28.00 | 2000 | oolong,taiwan | Oriental Beauty | Bitten by leafhoppers, and better for it.
TEA-023 | 22.00 | 2000 | dark,china | Pu-erh Shou 2016 | Ripe, earthy, kind to the stomach.
TEA-024 | 38.00 | 800 | dark,china | Pu-erh Sheng 2009 | Raw cake, aged seventeen years, still awake.
TEA-025 | 20.50 | 1500 | yellow,china | Huo Shan Huang Ya | Yellow tea, a rarity between green and white.
HRB-001 | 8.90 | 6000 | herbal | Rooibos | Red bush from the Cederberg, no caffeine.
HRB-002 | 7.90 | 6000 | herbal | Chamomile Flowers | Whole flowers, for the evening.
HRB-003 | 7.50 | 6000 | herbal | Peppermint | Cut large, so that the oil stays in.
HRB-004 | 8.40 | 5000 | herbal | Lemon Verbena | Smells of summer, tastes of sherbet.
HRB-005 | 9.60 | 4000 | herbal,fruit | Hibiscus and Rosehip | Sour, deep red, good on ice.
HRB-006 | 10.20 | 4000 | herbal,spice | Kitchen Chai | Ginger, cardamom, cinnamon, clove, pepper.
POT-001 | 49.00 | 900 | pot,iron | Cast-iron Teapot 0.8 l | Keeps an hour's heat; enamelled inside.
POT-002 | 34.00 | 1200 | pot,glass | Glass Teapot 1.0 l | Nothing in it can hide.
POT-003 | 27.50 | 1200 | pot,porcelain | Porcelain Teapot 1.2 l | White, round, does not drip.
POT-004 | 62.00 | 300 | pot,clay | Yixing Teapot 0.2 l | Unglazed; choose one tea and stay true to it.
POT-005 | 39.00 | 500 | pot,clay,japan | Kyusu 0.3 l | Side handle and a clay sieve, for Sencha.
POT-006 | 29.00 | 500 | pot,porcelain | Gaiwan | Lid, bowl, saucer: all that one needs.
CUP-001 | 9.50 | 3000 | cup,glass | Double-wall Glass 0.25 l | Hot inside, cool outside.
CUP-002 | 12.00 | 2500 | cup,porcelain | Café Bowl | Two hands' worth of breakfast.
CUP-003 | 14.50 | 1500 | cup,clay,japan | Yunomi | A tall cup for every day.
CUP-004 | 32.00 | 400 | cup,clay,japan | Matcha Bowl | Wide enough for a whisk.
CUP-005 | 6.50 | 3000 | cup,porcelain | Tasting Cup | Forty millilitres of attention.
ACC-001 | 16.00 | 1000 | tool,bamboo,japan | Chasen | Bamboo whisk with a hundred tines.
ACC-002 | 7.00 | 4000 | tool,steel | Strainer | Fine mesh, fits any cup.
ACC-003 | 12.50 | 2000 | tool,steel | Kitchen Thermometer | Because 50 degrees are not 80.
ACC-004 | 5.90 | 4000 | tool,paper | Paper Filters | Two hundred, unbleached.
ACC-005 | 19.00 | 1200 | tool,tin | Tea Caddy 100 g | Two lids, no light, no air.
ACC-006 | 24.00 | 800 | tool,glass | Sand Timers | Two, three and five minutes.
SET-001 | 79.00 | 5 | set,gift | Sampler of Fifty | A box of everything; only five were packed.
SET-002 | 119.00 | 0 | set,gift,japan | Tea Ceremony Set | Sold out, and the next one is being made.
`;

/** The catalogue of the demo: fifty products, one of them scarce and one sold out, so that refusals can be seen. */
export const createSeed = (): NewProduct[] =>
  table
    .trim()
    .split('\n')
    .map((row) => {
      const [sku = '', price = '', stock = '', tags = '', name = '', description = ''] = row.split(' | ');
      return {
        sku,
        name,
        description,
        price: { amount: Math.round(Number(price) * 100), currency: 'EUR' },
        tags: tags.split(','),
        available: Number(stock),
      };
    });
