//! The two letters with which a 15-character card number begins. The list dates from 2015 and newer letters exist, so
//! that letters which are not here say nothing.
use super::Words;

/// Who is insured as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectGroup {
    /// Two letters.
    pub code: &'static str,
    /// What they stand for.
    pub words: Words,
}

impl ObjectGroup {
    /// The group of these two letters.
    pub fn of(code: &str) -> Option<&'static Self> {
        GROUPS.iter().find(|group| group.code == code)
    }

    /// Cards issued by the insurance offices of the ministries of defence and public security may be missing in the
    /// national register: for them, "no such card" is not "not insured".
    pub fn may_be_missing_in_the_register(&self) -> bool {
        ["QN", "HC", "LS", "XK", "CY", "CA"].contains(&self.code)
    }
}

const fn group(code: &'static str, vi: &'static str, en: &'static str) -> ObjectGroup {
    ObjectGroup { code, words: Words { vi, en } }
}

/// The groups.
pub const GROUPS: &[ObjectGroup] = &[
    group("DN", "Người lao động trong doanh nghiệp", "Employee of an enterprise"),
    group("HX", "Người lao động trong hợp tác xã, liên hiệp hợp tác xã", "Cooperative worker"),
    group(
        "CH",
        "Người lao động trong cơ quan nhà nước, đơn vị sự nghiệp, tổ chức chính trị",
        "Worker in a state body or public unit",
    ),
    group(
        "NN",
        "Người lao động trong tổ chức nước ngoài, tổ chức quốc tế tại Việt Nam",
        "Worker of a foreign or international organisation",
    ),
    group("TK", "Người lao động trong tổ chức khác có sử dụng lao động", "Worker of another organisation"),
    group("HC", "Cán bộ, công chức, viên chức", "Civil servant, public employee"),
    group("XK", "Người hoạt động không chuyên trách ở cấp xã", "Part-time commune-level worker"),
    group("HT", "Người hưởng lương hưu, trợ cấp mất sức lao động hằng tháng", "Pensioner"),
    group(
        "TB",
        "Người hưởng trợ cấp tai nạn lao động, bệnh nghề nghiệp hằng tháng",
        "Work-accident or occupational-disease allowance",
    ),
    group("NO", "Người lao động nghỉ hưởng chế độ ốm đau bệnh dài ngày", "Worker on long sick leave"),
    group(
        "CT",
        "Người từ đủ 80 tuổi đang hưởng trợ cấp tuất hằng tháng",
        "Survivor allowance, aged 80 or over",
    ),
    group(
        "XB",
        "Cán bộ cấp xã đã nghỉ việc hưởng trợ cấp BHXH hằng tháng",
        "Former commune official on social-insurance allowance",
    ),
    group("TN", "Người hưởng trợ cấp thất nghiệp", "Unemployment allowance"),
    group("CS", "Công nhân cao su nghỉ việc hưởng trợ cấp hằng tháng", "Former rubber worker on allowance"),
    group("QN", "Quân nhân (sĩ quan, hạ sĩ quan, binh sĩ quân đội)", "Military serviceperson"),
    group("CA", "Công an nhân dân", "Police officer"),
    group("CY", "Người làm công tác cơ yếu", "Cipher-service staff"),
    group(
        "XN",
        "Cán bộ cấp xã đã nghỉ việc hưởng trợ cấp ngân sách hằng tháng",
        "Former commune official on budget allowance",
    ),
    group(
        "MS",
        "Người đã thôi hưởng trợ cấp mất sức lao động, hưởng trợ cấp ngân sách",
        "Former disability-allowance holder",
    ),
    group("CC", "Người có công với cách mạng (nhóm 1)", "Person of merit, group 1"),
    group("CK", "Người có công với cách mạng (nhóm 2)", "Person of merit, group 2"),
    group("CB", "Cựu chiến binh", "War veteran"),
    group("KC", "Người tham gia kháng chiến", "Resistance participant"),
    group("HD", "Đại biểu Quốc hội, đại biểu Hội đồng nhân dân", "National Assembly or council deputy"),
    group("TE", "Trẻ em dưới 6 tuổi", "Child under 6"),
    group("BT", "Người hưởng trợ cấp bảo trợ xã hội hằng tháng", "Social-protection allowance"),
    group("HN", "Người thuộc hộ nghèo", "Poor household"),
    group("DT", "Người dân tộc thiểu số vùng khó khăn", "Ethnic minority in a difficult area"),
    group("DK", "Người sống ở vùng đặc biệt khó khăn", "Resident of an especially difficult area"),
    group("XD", "Người sống ở xã đảo, huyện đảo", "Resident of an island commune or district"),
    group("TS", "Thân nhân liệt sĩ", "Relative of a fallen soldier"),
    group("TC", "Thân nhân người có công", "Relative of a person of merit"),
    group("TQ", "Thân nhân quân nhân", "Relative of a serviceperson"),
    group("TV", "Thân nhân công nhân, viên chức quốc phòng", "Relative of defence worker"),
    group("TA", "Thân nhân công an", "Relative of a police officer"),
    group("TY", "Thân nhân người làm cơ yếu", "Relative of cipher-service staff"),
    group("HG", "Người đã hiến bộ phận cơ thể", "Organ donor"),
    group(
        "LS",
        "Lưu học sinh nước ngoài học bổng ngân sách Việt Nam",
        "Foreign student on Vietnamese state scholarship",
    ),
    group("PV", "Người phục vụ người có công", "Carer of a person of merit"),
    group("CN", "Người thuộc hộ cận nghèo", "Near-poor household"),
    group("HS", "Học sinh", "School pupil"),
    group("SV", "Sinh viên", "Student"),
    group(
        "GB",
        "Hộ gia đình nông, lâm, ngư, diêm nghiệp có mức sống trung bình",
        "Average-income farming, forestry, fishery or salt household",
    ),
    group("GD", "Người tham gia theo hộ gia đình", "Household scheme"),
];
