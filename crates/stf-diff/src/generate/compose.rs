//! Transactions that should enter a block, in all their kinds.

use rand::Rng;
use tern_protocol::Address;

use super::{
    Generator, State,
    authorization::Authorization,
    call::initcode,
    dice::Dice,
    fixed::Role,
    genesis, precompile,
    precompile::word_of,
    system, tx,
    tx::{Kind, Tx},
};

/// What a transaction sends, and where.
struct Message {
    to: Option<Address>,
    data: Vec<u8>,
    value: u128,
    /// Gas it wants, if that is not just any amount.
    gas: Option<u64>,
}

impl Message {
    fn to(to: Address, data: Vec<u8>) -> Self {
        Self { to: Some(to), data, value: 0, gas: None }
    }
}

impl Generator {
    /// A transaction of this key that is valid where it lands, as far as one can tell.
    pub(super) fn compose(&mut self, sender: usize, state: &State<'_>) -> Tx {
        let message = self.message();
        let kind = match self.rng.weighted(&[4, 1, 3, 7, 4]) {
            0 => Kind::Protected,
            1 => Kind::Unprotected,
            2 => Kind::AccessList,
            4 if message.to.is_some() => Kind::SetCode,
            _ => Kind::DynamicFee,
        };
        let (nonce, balance) = self.person(sender, state);
        let (max_fee, tip) = self.fees();
        let mut tx = Tx {
            kind,
            chain_id: self.spec.chain_id.0,
            nonce,
            max_fee,
            tip,
            gas: 0,
            to: message.to,
            value: message.value,
            data: message.data,
            access: self.access_list(),
            authorizations: Vec::new(),
        };
        if kind == Kind::SetCode {
            tx.authorizations = self.authorizations(sender, nonce, state);
        }
        tx.gas = message.gas.unwrap_or_else(|| self.gas(&tx));
        if self.rng.one_in(40) {
            // Everything the sender owns, or a wei more.
            let gas_cost = u128::from(tx.gas).saturating_mul(tx.max_fee);
            tx.value = balance.saturating_sub(gas_cost) + self.rng.random_range(0..2);
        }
        tx
    }

    /// Turns a transaction into one that uses up a large part of the block.
    pub(super) fn burn(&mut self, tx: &mut Tx) {
        let burner = self.role(Role::Burner);
        tx.to = Some(burner);
        tx.data.clear();
        tx.gas = self.rng.random_range(1_000_000..12_000_000);
    }

    fn role(&mut self, wanted: Role) -> Address {
        let all: Vec<_> = self
            .world
            .roles
            .iter()
            .filter(|(role, _)| *role == wanted)
            .map(|(_, address)| *address)
            .collect();
        self.rng.pick(&all)
    }

    fn fees(&mut self) -> (u128, u128) {
        let base = self.block.base_fee;
        let max_fee = match self.rng.random_range(0..4) {
            0 => base,
            1 => base + 1,
            _ => base + self.rng.random_range(0..3_000_000_000),
        };
        let tip = match self.rng.random_range(0..4) {
            0 => 0,
            1 => max_fee,
            _ => self.rng.random_range(0..=max_fee),
        };
        (max_fee, tip)
    }

    fn gas(&mut self, tx: &Tx) -> u64 {
        let (intrinsic, floor) = tx.least_gas();
        let least = intrinsic.max(floor);
        match self.rng.weighted(&[2, 2, 3, 14, 2]) {
            0 => least,
            1 => least + self.rng.random_range(0..1_000),
            2 => least + self.rng.random_range(0..50_000),
            3 => least + self.rng.random_range(100_000..800_000),
            _ => least + self.rng.random_range(1_000_000..4_000_000),
        }
    }

    fn message(&mut self) -> Message {
        let mut message = match self.rng.weighted(&[10, 8, 3, 2, 4, 1, 2]) {
            0 => {
                let to = self.rng.pick(&self.world.places.contracts);
                Message::to(to, self.words())
            }
            1 => self.role_message(),
            2 => {
                let to = self.rng.pick(&self.world.places.people);
                Message::to(to, Vec::new())
            }
            3 => {
                let (to, data) = precompile::call(&mut self.rng);
                Message::to(to, data)
            }
            4 => {
                let init = initcode(&mut self.rng, &self.world.places, 1);
                Message { to: None, data: init, value: 0, gas: None }
            }
            5 => {
                let to = self.world.places.any(&mut self.rng);
                Message::to(to, self.words())
            }
            _ => self.system_message(),
        };
        if message.value == 0 && self.rng.one_in(3) {
            message.value = self.rng.pick(&[1, 1_000, 1_000_000_007, 1 << 60]);
        }
        message
    }

    /// Call data of random words, mostly zero bytes or mostly not.
    fn words(&mut self) -> Vec<u8> {
        let count = self.rng.pick(&[0, 0, 1, 2, 3, 8]);
        let mut data: Vec<u8> = (0..count).flat_map(|_| self.rng.edgy_word()).collect();
        if self.rng.one_in(20) {
            // Enough for the floor of EIP-7623 to be above what is used.
            let len = self.rng.random_range(100..4_000);
            data.extend(self.rng.bytes(len));
        }
        data
    }

    fn role_message(&mut self) -> Message {
        let random = self.rng.random_range(0..self.world.roles.len().min(12));
        let (role, to) = self.world.roles[random];
        let address = |address: &Address| {
            let mut word = [0; 32];
            word[12..].copy_from_slice(&address.0);
            word
        };
        match role {
            Role::Relay => {
                let (target, input) = if self.rng.random_bool(0.6) {
                    precompile::call(&mut self.rng)
                } else {
                    (self.world.places.any(&mut self.rng), self.words())
                };
                let gas = self.rng.pick(&[0, 0, 0, 700, 3_000, 100_000]);
                let value = self.rng.pick(&[0, 0, 0, 1]);
                let head = [address(&target), word_of(gas), word_of(value)].concat();
                Message::to(to, [head, input].concat())
            }
            Role::Factory => {
                let salt = word_of(self.rng.random_range(0..4));
                let init = initcode(&mut self.rng, &self.world.places, 1);
                self.remember(tx::created_address_2(&to, &salt, &init));
                Message::to(to, [salt.to_vec(), init].concat())
            }
            Role::Recursion => {
                let deep = self.gas_limit > super::GAS_LIMIT;
                let gas = deep.then(|| self.rng.random_range(90_000_000_000..400_000_000_000));
                Message { gas, ..Message::to(to, Vec::new()) }
            }
            Role::Destroyer | Role::Probe => {
                let target = self.world.places.any(&mut self.rng);
                let back = self.rng.pick(&[0, 1, 2, 255, 256, 257]);
                Message::to(to, [address(&target), word_of(back)].concat())
            }
            Role::Writer => {
                let pairs = self.rng.random_range(1..20);
                let pair = |rng: &mut rand_chacha::ChaCha8Rng| {
                    let value = if rng.random_bool(0.6) { [0; 32] } else { rng.edgy_word() };
                    [word_of(rng.random_range(0..16)), value].concat()
                };
                Message::to(to, (0..pairs).flat_map(|_| pair(&mut self.rng)).collect())
            }
            Role::Burner | Role::Echo | Role::Random => Message::to(to, self.words()),
        }
    }

    /// Requests and questions to the four system contracts, right and wrong.
    fn system_message(&mut self) -> Message {
        let addresses = system::addresses();
        let which = self.rng.random_range(0..addresses.len());
        let data = match which {
            0 => word_of(self.block.time - self.rng.pick(&[0, 1, 2, 12])).to_vec(),
            1 => word_of(self.block.number.saturating_sub(self.rng.random_range(0..5))).to_vec(),
            2 => self.rng.bytes(56),
            _ => self.rng.bytes(96),
        };
        let value = if which < 2 { 0 } else { self.rng.pick(&[0, 1, 1, 1, 2, 1_000_000]) };
        let data = if self.rng.one_in(5) { Vec::new() } else { data };
        Message { value, ..Message::to(addresses[which], data) }
    }

    fn access_list(&mut self) -> Vec<(Address, Vec<[u8; 32]>)> {
        let count = self.rng.pick(&[0, 0, 1, 2, 5]);
        let mut list: Vec<(Address, Vec<[u8; 32]>)> = (0..count)
            .map(|_| {
                let address = self.world.places.any(&mut self.rng);
                let keys = self.rng.random_range(0..4);
                let key = |_| word_of(self.rng.random_range(0..12));
                (address, (0..keys).map(key).collect())
            })
            .collect();
        if let (true, Some(first)) = (self.rng.one_in(4), list.first().cloned()) {
            list.push(first);
        }
        list
    }

    fn authorizations(
        &mut self,
        sender: usize,
        sender_nonce: u64,
        state: &State<'_>,
    ) -> Vec<crate::rlp::Item> {
        let count = self.rng.pick(&[1, 1, 1, 2, 3, 6]);
        let mut list = Vec::with_capacity(count);
        let mut own = sender_nonce.wrapping_add(1);
        for _ in 0..count {
            let key = match self.rng.weighted(&[3, 8, 3]) {
                0 => sender,
                1 => self.rng.random_range(0..genesis::ORDINARY),
                _ => self.rng.random_range(genesis::ORDINARY..genesis::keys().len()),
            };
            let authorization = Authorization {
                authority: &genesis::keys()[key],
                chain_id: self.rng.pick(&[0, self.spec.chain_id.0]),
                target: self.delegate(key),
                nonce: if key == sender { own } else { self.person(key, state).0 },
            };
            if self.rng.one_in(4) {
                list.push(authorization.ineffective(&mut self.rng));
                continue;
            }
            list.push(authorization.signed());
            // Another one of the same authority in this block needs the next nonce. Should
            // the transaction not enter, that one is without effect: also worth a try.
            if key == sender {
                own = own.wrapping_add(1);
            } else if let Some((nonce, _)) = self.block.people.get_mut(&key) {
                *nonce = nonce.saturating_add(1);
            }
        }
        if self.rng.one_in(30) {
            let authorization = Authorization {
                authority: &genesis::keys()[sender],
                chain_id: self.spec.chain_id.0,
                target: Address::ZERO,
                nonce: own,
            };
            list.push(authorization.malformed(&mut self.rng));
        }
        list
    }

    /// Whose code an account shall run; sometimes nobody's, sometimes its own.
    fn delegate(&mut self, authority: usize) -> Address {
        match self.rng.weighted(&[10, 3, 2, 1]) {
            0 => self.rng.pick(&self.world.places.contracts),
            1 => Address::ZERO,
            2 => self.world.places.any(&mut self.rng),
            _ => genesis::keys()[authority].address,
        }
    }
}
